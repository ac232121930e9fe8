"""The conversation of a peer with `Scripts/bench engine`: `<operation> <count>` lines, answered with `ok <seconds>`."""

import sys


def serve(make):
    """Answers until standard input ends. `make` loads the peer and gives its operations by name, each from a count to seconds."""
    try:
        operations = make(*sys.argv[1:])
    except Exception as error:  # Told to the suite, which says that the peer is absent.
        print(f"error {type(error).__name__}: {error}".replace("\n", " "), flush=True)
        return
    print("ok ready", flush=True)
    for line in sys.stdin:
        operation, count = line.split()
        try:
            print(f"ok {operations[operation](int(count))}", flush=True)
        except Exception as error:
            print(f"error {operation}: {type(error).__name__}: {error}".replace("\n", " "), flush=True)
