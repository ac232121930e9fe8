"""Write the wire bytes of every message as Google's protobuf makes them: Tests/RPCTests/Goldens/messages.json.

    python Tests/RPCTests/python/make_goldens.py

Every field is set: numbers to their field number and a half, text to the field's name with characters of two, three
and four bytes, bytes to 0...255, enums to 1, lists to two elements, one message for every member of a oneof.
Needs Tools/requirements-grpc.txt.
"""

import importlib
import json
import sys
import tempfile
from pathlib import Path

from google.protobuf.descriptor import FieldDescriptor as F
from grpc_tools import protoc

ROOT = Path(__file__).resolve().parents[3]


def value(field, depth):
    if field.type == F.TYPE_MESSAGE:
        return fill(field.message_type._concrete_class(), depth + 1)
    if field.type == F.TYPE_STRING:
        return f"{field.name} é€😀"
    if field.type == F.TYPE_BYTES:
        return bytes(range(256))
    if field.type == F.TYPE_BOOL:
        return True
    if field.type == F.TYPE_ENUM:
        return 1
    if field.type in (F.TYPE_FLOAT, F.TYPE_DOUBLE):
        return field.number + 0.5
    if field.type in (F.TYPE_INT64, F.TYPE_INT32):
        return -field.number * 1000
    return field.number * 1000


def fill(message, depth=0, choice=0):
    for field in message.DESCRIPTOR.fields:
        if field.containing_oneof and field.containing_oneof.fields[choice] is not field:
            continue
        item = value(field, depth)
        if field.is_repeated:
            getattr(message, field.name).extend([item, item])
        elif field.type == F.TYPE_MESSAGE:
            getattr(message, field.name).CopyFrom(item)
            getattr(message, field.name).SetInParent()
        else:
            setattr(message, field.name, item)
    return message


def main():
    protos = sorted(str(p.relative_to(ROOT / "proto")) for p in (ROOT / "proto").rglob("*.proto"))
    with tempfile.TemporaryDirectory() as scratch:
        command = ["protoc", f"-I{ROOT / 'proto'}", "-I/usr/include", f"--python_out={scratch}"]
        if protoc.main(command + ["-I" + str(Path(protoc.__file__).parent / "_proto"), *protos, "protobuf-c/protobuf-c.proto"]):
            sys.exit("protoc failed")
        sys.path.insert(0, scratch)
        goldens = {}
        for proto in protos:
            module = importlib.import_module(proto.removesuffix(".proto").replace("/", ".") + "_pb2")
            for name, descriptor in module.DESCRIPTOR.message_types_by_name.items():
                choices = max([len(o.fields) for o in descriptor.oneofs], default=1)
                goldens[descriptor.full_name] = [
                    fill(getattr(module, name)(), choice=c).SerializeToString(deterministic=True).hex()
                    for c in range(choices)
                ]
    out = ROOT / "Tests/RPCTests/Goldens/messages.json"
    out.write_text(json.dumps(goldens, indent=1) + "\n")
    print(f"{len(goldens)} messages")


if __name__ == "__main__":
    main()
