"""Reads messages in JSON as Google's protobuf does and prints their bytes on the wire.

    python read_json.py FILE

FILE has a line a message: its full name, a space, the JSON. A line of hex each comes out.
"""

import sys
from pathlib import Path

from fillings import message_classes, wire
from google.protobuf import json_format


def main():
    classes = message_classes()
    for line in Path(sys.argv[1]).read_text(encoding="utf-8").removesuffix("\n").split("\n"):
        name, text = line.split(" ", 1)
        print(wire(json_format.Parse(text, classes[name]())))


if __name__ == "__main__":
    main()
