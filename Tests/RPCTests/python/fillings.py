"""The messages of proto/ as Google's protobuf has them, and fillings of them for goldens.

`full` sets every field: numbers to their field number and a half, text to the field's name with characters of two, three
and four bytes, bytes to 0...255, enums to 1, lists to two elements, one message for every member of a oneof.
`random_filling` draws fields, lengths and values, ends of ranges among them, from a generator with a seed.
"""

import importlib
import random
import struct
import sys
import tempfile
from pathlib import Path

from google.protobuf.descriptor import FieldDescriptor as F
from grpc_tools import protoc

ROOT = Path(__file__).resolve().parents[3]
TEXTS = ["", "a", "é€😀", "two words", '"quoted" \\ and / and <tag>', "tab\tline\nreturn\r", "\u0001\u001f\u007f", "\u2028\u2029", "ÿ" * 40]
FLOATS = [0.5, -1.0, 0.1, 3.0, 1e-45, 3.4028234663852886e38, -1.17549435e-38, 16777216.0, 1e21, 1e-7,
          float("inf"), float("-inf"), float("nan")]


def modules(names=None):
    """The generated Python modules of the proto files, or of those with the names, by name; not that of the options."""
    scratch = tempfile.mkdtemp()
    protos = sorted(str(p.relative_to(ROOT / "proto")) for p in (ROOT / "proto").rglob("*.proto"))
    include = Path(protoc.__file__).parent / "_proto"
    command = ["protoc", f"-I{ROOT / 'proto'}", f"-I{include}", f"--python_out={scratch}"]
    if protoc.main([*command, *protos]):
        sys.exit("protoc failed")
    sys.path.insert(0, scratch)
    found = {Path(p).stem: p.removesuffix(".proto").replace("/", ".") + "_pb2" for p in protos}
    del found["options"]
    return {n: importlib.import_module(m) for n, m in found.items() if names is None or n in names}


def message_classes():
    """Every message of the API by its full name, in the order of the proto files."""
    return {
        d.full_name: getattr(module, name)
        for module in modules().values()
        for name, d in module.DESCRIPTOR.message_types_by_name.items()
    }


def value(field, depth):
    if field.type == F.TYPE_MESSAGE:
        return full(field.message_type._concrete_class(), depth + 1)
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


def put(message, field, items):
    """Sets a field to one item, or a list to all of them."""
    if field.is_repeated:
        getattr(message, field.name).extend(items)
    elif field.type == F.TYPE_MESSAGE:
        getattr(message, field.name).CopyFrom(items[0])
        getattr(message, field.name).SetInParent()
    else:
        setattr(message, field.name, items[0])


def full(message, depth=0, choice=0):
    for field in message.DESCRIPTOR.fields:
        if field.containing_oneof and field.containing_oneof.fields[choice] is not field:
            continue
        item = value(field, depth)
        put(message, field, [item, item])
    return message


def fulls(kind):
    """A full filling for every member of the message's oneof; one where it has none."""
    choices = max([len(o.fields) for o in kind.DESCRIPTOR.oneofs], default=1)
    return [full(kind(), choice=c) for c in range(choices)]


def random_value(field, rng):
    if field.type == F.TYPE_MESSAGE:
        return random_filling(field.message_type._concrete_class, rng)
    if field.type == F.TYPE_STRING:
        return rng.choice(TEXTS)
    if field.type == F.TYPE_BYTES:
        return rng.randbytes(rng.choice([0, 1, 2, 3, 64]))
    if field.type == F.TYPE_BOOL:
        return rng.random() < 0.5
    if field.type == F.TYPE_ENUM:
        # 99 is a value of a newer release.
        return rng.choice([v.number for v in field.enum_type.values] + [99])
    if field.type == F.TYPE_FLOAT:
        return struct.unpack("<f", struct.pack("<f", rng.choice(FLOATS)))[0]
    bits = 64 if field.type in (F.TYPE_INT64, F.TYPE_UINT64) else 32
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if field.type in (F.TYPE_INT64, F.TYPE_INT32) else (0, (1 << bits) - 1)
    return rng.choice([0, 1, low, high, rng.randint(low, high)])


def random_filling(kind, rng):
    message = kind()
    chosen = {o.name: rng.choice([None, *o.fields]) for o in message.DESCRIPTOR.oneofs}
    for field in message.DESCRIPTOR.fields:
        if field.containing_oneof:
            if chosen[field.containing_oneof.name] is not field:
                continue
        elif rng.random() < 0.3:
            continue
        put(message, field, [random_value(field, rng) for _ in range(rng.randint(1, 3))])
    return message


def randoms(kind, count):
    """Random fillings, the same at every run."""
    rng = random.Random(kind.DESCRIPTOR.full_name)
    return [random_filling(kind, rng) for _ in range(count)]


def wire(message):
    return message.SerializeToString(deterministic=True).hex()
