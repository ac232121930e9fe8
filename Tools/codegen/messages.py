"""The Swift struct of a message with its bridge to the C struct, and the Swift enum of an enum."""

import sys

from .mapping import enum_mapping, message_mapping
from .proto import NOTICE, SCALARS, Field, c_lower, camel


class Message:
    """Writes the struct of one message."""

    def __init__(self, proto, index):
        self.proto, self.index = proto, index
        self.message = proto.file.message_type[index]
        self.name = self.message.name
        self.c_type = f"{proto.c_prefix}__{self.name}"
        self.c_function = f"{proto.c_lower}__{c_lower(self.name)}"
        if self.message.nested_type or self.message.enum_type:
            sys.exit(f"{self.name}: nested types (and maps) are not supported; declare them at the top of the file")
        self.plain = [
            (i, f) for i, f in enumerate(self.message.field) if not f.HasField("oneof_index")
        ]
        self.unions = [
            (u.name, [(i, f) for i, f in enumerate(self.message.field) if f.HasField("oneof_index") and f.oneof_index == k])
            for k, u in enumerate(self.message.oneof_decl)
        ]

    def element(self, f):
        if f.type in SCALARS:
            return SCALARS[f.type][0]
        if f.type == Field.TYPE_STRING:
            return "String"
        if f.type == Field.TYPE_BYTES:
            return "[UInt8]"
        if f.type in (Field.TYPE_MESSAGE, Field.TYPE_ENUM):
            return f.type_name.split(".")[-1]
        sys.exit(f"{self.name}.{f.name}: field type {f.type} is not supported")

    def c_type_of(self, f):
        return self.proto.c_prefix + "__" + f.type_name.split(".")[-1]

    def swift_type(self, f):
        if f.label == Field.LABEL_REPEATED:
            return f"[{self.element(f)}]"
        return self.element(f) + ("?" if f.type == Field.TYPE_MESSAGE else "")

    def default(self, f):
        if f.label == Field.LABEL_REPEATED:
            return "[]"
        if f.type == Field.TYPE_MESSAGE:
            return "nil"
        if f.type == Field.TYPE_STRING:
            return '""'
        if f.type == Field.TYPE_BYTES:
            return "[]"
        if f.type == Field.TYPE_ENUM:
            return f"{self.element(f)}(rawValue: 0)"
        return SCALARS[f.type][1]

    def to_c(self, f, value):
        """An expression of the C field's type for one element."""
        where = f'"{self.name}.{f.name}"'
        if f.type == Field.TYPE_STRING:
            return f"try arena.text({value}, field: {where})"
        if f.type == Field.TYPE_BYTES:
            return f"arena.bytes({value})"
        if f.type == Field.TYPE_MESSAGE:
            return f"try arena.message({value}, {self.init_function(f)}) {{ try $0.fill(&$1, &$2) }}"
        if f.type == Field.TYPE_ENUM:
            return f"{self.c_type_of(f)}(rawValue: UInt32(bitPattern: {value}.rawValue))"
        if f.type == Field.TYPE_BOOL:
            return f"{value} ? 1 : 0"
        return value

    def init_function(self, f):
        return f"{self.proto.c_lower}__{c_lower(f.type_name.split('.')[-1])}__init"

    def from_c(self, f, value):
        where = f'"{self.name}.{f.name}"'
        if f.type == Field.TYPE_STRING:
            return f"try MessageDecoding.text({value}, field: {where})"
        if f.type == Field.TYPE_BYTES:
            return f"MessageDecoding.bytes({value})"
        if f.type == Field.TYPE_MESSAGE:
            return f"{self.element(f)}({value})"
        if f.type == Field.TYPE_ENUM:
            return f"{self.element(f)}(rawValue: Int32(bitPattern: {value}.rawValue))"
        if f.type == Field.TYPE_BOOL:
            return f"{value} != 0"
        return value

    def fill_line(self, f):
        swift, c = f"self.{camel(f.name)}", f"c.{f.name}"
        if f.label == Field.LABEL_REPEATED:
            count = f"c.n_{f.name} = {swift}.count\n"
            if f.type == Field.TYPE_MESSAGE:
                body = f"try $0.fill(&$1, &$2)"
                return count + f"{c} = try arena.messages({swift}, {self.init_function(f)}) {{ {body} }}\n"
            if f.type in SCALARS and f.type != Field.TYPE_BOOL:
                return count + f"{c} = arena.scalars({swift})\n"
            return count + f"{c} = try arena.elements({swift}) {{ {self.to_c(f, '$0').replace('arena.', '$1.')} }}\n"
        if f.type == Field.TYPE_MESSAGE:
            return f"if let value = {swift} {{ {c} = {self.to_c(f, 'value')} }}\n"
        return f"{c} = {self.to_c(f, swift)}\n"

    def read_line(self, f):
        swift, c = f"self.{camel(f.name)}", f"c.{f.name}"
        if f.label == Field.LABEL_REPEATED:
            if f.type == Field.TYPE_MESSAGE:
                return f"{swift} = try MessageDecoding.messages({c}, c.n_{f.name}) {{ try {self.element(f)}($0) }}\n"
            return f"{swift} = try MessageDecoding.elements({c}, c.n_{f.name}) {{ {self.from_c(f, '$0')} }}\n"
        if f.type == Field.TYPE_MESSAGE:
            return f"{swift} = try MessageDecoding.message({c}) {{ try {self.element(f)}($0) }}\n"
        return f"{swift} = {self.from_c(f, c)}\n"

    def union_case(self, union, f):
        """protobuf-c names it MYVLM__V1__ENROLL_EVENT__EVENT_STAGE."""
        return f"{self.c_function}__{union}_{f.name}".upper()

    def parameters(self):
        rows = [f"{camel(f.name)}: {self.swift_type(f)} = {self.default(f)}" for _, f in self.plain]
        rows += [f"{camel(u)}: {camel(u, True)}? = nil" for u, _ in self.unions]
        one = ", ".join(rows)
        if len(one) <= 90:
            return one
        return "\n        " + ",\n        ".join(rows) + "\n    "

    def text(self):
        p, path = self.proto, [4, self.index]
        out = NOTICE.format(file=p.file.name) + "\ninternal import CMessages\ninternal import CProtobufC\n\n"
        out += p.doc(path, f"The message `{p.file.package}.{self.name}`.")
        out += f"public struct {self.name}: WireMessage {{\n"
        out += "    /// The full name in the proto file.\n"
        out += f'    public static var fullName: String {{ "{p.file.package}.{self.name}" }}\n'
        for union, members in self.unions:
            out += f"\n    /// What `{union}` holds: one of these.\n"
            out += f"    public enum {camel(union, True)}: Sendable, Equatable {{\n"
            for i, f in members:
                if f.type != Field.TYPE_MESSAGE and f.type != Field.TYPE_STRING and f.type not in SCALARS:
                    sys.exit(f"{self.name}.{f.name}: this type is not supported in a oneof")
                out += p.doc(path + [2, i], f"Field {f.number}, `{f.name}`.", "        ")
                out += f"        case {camel(f.name)}({self.element(f)})\n"
            out += "    }\n"
        for i, f in self.plain:
            out += "\n" + p.doc(path + [2, i], f"Field {f.number}, `{f.name}`.", "    ")
            out += f"    public var {camel(f.name)}: {self.swift_type(f)}\n"
        for union, _ in self.unions:
            out += f"\n    /// The oneof `{union}`; nil where nothing known is set.\n    public var {camel(union)}: {camel(union, True)}?\n"
        out += f"\n    /// A message; every field has proto3's default.\n    public init({self.parameters()}) {{\n"
        for name in [camel(f.name) for _, f in self.plain] + [camel(u) for u, _ in self.unions]:
            out += f"        self.{name} = {name.strip('`') if name.strip('`') == name else name}\n"
        out += "    }\n\n"
        out += self.codec() + "}\n\n" + self.bridge() + message_mapping(self)
        return out

    def codec(self):
        f = self.c_function
        return f"""    /// The message on the wire. Throws `MessageError` when a text field holds a NUL.
    public func encode() throws -> [UInt8] {{
        try MessageEncoding.encode(
            {f}__init, {f}__get_packed_size, {f}__pack
        ) {{ try fill(&$0, &$1) }}
    }}

    /// Reads a message. Throws `MessageError` when it is malformed, above a limit, or a text field is not UTF-8.
    public init(decoding bytes: [UInt8], limits: MessageLimits) throws {{
        self = try MessageDecoding.decode(
            bytes, limits, Self.fullName, {f}__unpack, {f}__free_unpacked
        ) {{ try Self($0) }}
    }}

    /// The message as proto3's canonical JSON. Throws `MessageError` when a text field holds a NUL.
    public func json() throws -> [UInt8] {{ try JSONWriter.text(of: self) }}

    /// Reads proto3's canonical JSON. Throws `MessageError` that names the field.
    public init(json: [UInt8], limits: MessageLimits, unknownFields: UnknownFields) throws {{
        self = try JSONReader.message(json, limits, unknownFields)
    }}
"""

    def bridge(self):
        out = f"extension {self.name} {{\n"
        lines = "".join(self.fill_line(f) for _, f in self.plain)
        for union, members in self.unions:
            lines += f"switch self.{camel(union)} {{\ncase nil: break\n"
            for _, f in members:
                lines += f"case .{camel(f.name)}(let value):\n"
                lines += f"    c.{union}_case = {self.union_case(union, f)}\n    c.{f.name} = {self.to_c(f, 'value')}\n"
            lines += "}\n"
        out += f"    func fill(_ c: inout {self.c_type}, _ arena: inout EncodingArena) throws {{\n"
        out += "".join(f"        {l}\n" for l in lines.splitlines()) + "    }\n\n"
        lines = "".join(self.read_line(f) for _, f in self.plain)
        for union, members in self.unions:
            lines += f"switch c.{union}_case {{\n"
            for _, f in members:
                lines += f"case {self.union_case(union, f)}:\n"
                if f.type == Field.TYPE_MESSAGE:
                    value = f"try MessageDecoding.message(c.{f.name}) {{ try {self.element(f)}($0) }}"
                    lines += f"    self.{camel(union)} = ({value}).map {{ .{camel(f.name)}($0) }}\n"
                else:
                    lines += f"    self.{camel(union)} = .{camel(f.name)}({self.from_c(f, 'c.' + f.name)})\n"
            lines += f"default: self.{camel(union)} = nil\n}}\n"
        out += f"    init(_ c: {self.c_type}) throws {{\n"
        out += "".join(f"        {l}\n" for l in lines.splitlines()) + "    }\n}\n"
        return out


def enum_text(proto, index):
    e = proto.file.enum_type[index]
    prefix = c_lower(e.name).upper() + "_"
    rows = [(camel(v.name.removeprefix(prefix)), v.number, i) for i, v in enumerate(e.value)]
    out = NOTICE.format(file=proto.file.name) + "\n" + proto.doc([5, index], f"The enum `{proto.file.package}.{e.name}`.")
    out += f"public enum {e.name}: Sendable, Hashable {{\n"
    for name, number, i in rows:
        out += proto.doc([5, index, 2, i], f"Value {number}.", "    ") + f"    case {name}\n"
    out += "    /// A value this version does not know, kept as it came.\n    case unrecognized(Int32)\n\n"
    out += "    /// The number on the wire.\n    public var rawValue: Int32 {\n        switch self {\n"
    for name, number, _ in rows:
        out += f"        case .{name}: {number}\n"
    out += "        case .unrecognized(let value): value\n        }\n    }\n\n"
    out += "    /// The value of a number on the wire.\n    public init(rawValue: Int32) {\n        switch rawValue {\n"
    for name, number, _ in rows:
        out += f"        case {number}: self = .{name}\n"
    out += "        default: self = .unrecognized(rawValue)\n        }\n    }\n}\n"
    return out + enum_mapping(e.name, [(name, e.value[i].name) for name, _, i in rows])
