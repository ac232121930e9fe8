"""Write the messages as Google's protobuf makes them, on the wire (Tests/RPCTests/Goldens/messages.json) and in JSON (json.json).

    python Tests/RPCTests/python/make_goldens.py                 after a change of proto/
    python Tests/RPCTests/python/make_goldens.py --keep RELEASE  with a release, once: Goldens/api-RELEASE.json

The kept file holds the release's bytes of every message and its numbers of fields, enum values and methods; it is never
written again, so that tests can ask whether clients and servers of that release still understand this one.
Needs Tools/requirements-grpc.txt.
"""

import argparse
import json
import sys

from fillings import ROOT, fulls, message_classes, modules, randoms, wire
from google.protobuf import json_format
from google.protobuf.descriptor import FieldDescriptor as F

GOLDENS = ROOT / "Tests/RPCTests/Goldens"


def write(name, content):
    (GOLDENS / name).write_text(json.dumps(content, indent=1) + "\n")
    print(f"{name}: {len(content)} entries")


def field_line(field):
    """`3 created_at_ms int64`: what two releases must agree on. Text and bytes are the same on the wire."""
    kinds = {v: k.removeprefix("TYPE_").lower() for k, v in vars(F).items() if k.startswith("TYPE_")}
    kind = {"string": "bytes", "message": "", "enum": ""}.get(kinds[field.type], kinds[field.type])
    kind = kind or (field.message_type or field.enum_type).full_name
    return f"{field.number} {field.name} {'repeated ' if field.is_repeated else ''}{kind}"


def method_line(method):
    kind = {(0, 0): "unary", (1, 0): "client streaming", (0, 1): "server streaming", (1, 1): "bidirectional"}[
        (int(method.client_streaming), int(method.server_streaming))
    ]
    service = method.containing_service.full_name
    return f"/{service}/{method.name} {method.input_type.full_name} {method.output_type.full_name} {kind}"


def keep(release):
    if (GOLDENS / f"api-{release}.json").exists():
        sys.exit(f"api-{release}.json is kept already: a release does not change")
    classes = message_classes()
    files = [m.DESCRIPTOR for m in modules().values()]
    write(f"api-{release}.json", {
        "fields": {n: [field_line(f) for f in c.DESCRIPTOR.fields] for n, c in classes.items()},
        "values": {e.full_name: [f"{v.number} {v.name}" for v in e.values] for f in files for e in f.enum_types_by_name.values()},
        "methods": [method_line(m) for f in files for s in f.services_by_name.values() for m in s.methods],
        "bytes": {n: [wire(m) for m in [*fulls(c), *randoms(c, 4)]] for n, c in classes.items()},
    })


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", metavar="RELEASE", help="keep the messages of a release")
    arguments = parser.parse_args()
    if arguments.keep:
        return keep(arguments.keep)
    write("json.json", {
        n: [{"wire": wire(m), "json": json_format.MessageToJson(m, indent=None)} for m in [*fulls(c), *randoms(c, 6)]]
        for n, c in message_classes().items()
    })
    write("messages.json", {n: [wire(m) for m in fulls(c)] for n, c in message_classes().items()})


if __name__ == "__main__":
    main()
