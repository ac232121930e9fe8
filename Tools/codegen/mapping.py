"""proto3's canonical JSON of a message and of an enum, over JSONReader and JSONWriter."""

from .proto import camel


def keys(field):
    """Both spellings a reader takes: the canonical one and that of the proto file."""
    names = [field.json_name] + ([field.name] if field.name != field.json_name else [])
    return ", ".join(f'"{n}"' for n in names)


def message_mapping(message):
    """The extension of the struct of a `messages.Message`."""
    read = write = ""
    for i, f in message.plain:
        swift = f"self.{camel(f.name)}"
        read += f"case {keys(f)}:\n    try json.read(&{swift})\n    return {i}\n"
        write += f'try json.write("{f.json_name}", {swift})\n'
    for union, members in message.unions:
        write += f"switch self.{camel(union)} {{\ncase nil: break\n"
        for i, f in members:
            element = message.element(f)
            read += f"case {keys(f)}:\n    var value: {element}?\n    try json.read(&value)\n    guard let value else {{ return {i} }}\n"
            read += f"    try json.require(self.{camel(union)} == nil, \"cannot stand beside another member of {camel(union).strip('`')}\")\n"
            read += f"    self.{camel(union)} = .{camel(f.name)}(value)\n    return {i}\n"
            write += f'case .{camel(f.name)}(let value): try json.writeAlways("{f.json_name}", value)\n'
        write += "}\n"
    out = f"\nextension {message.name}: JSONMessage {{\n    static var blank: {message.name} {{ {message.name}() }}\n\n"
    out += "    mutating func read(_ field: String, from json: inout JSONReader) throws -> Int? {\n"
    if read:
        out += "        switch field {\n" + indented(read, 8) + "        default: return nil\n        }\n"
    else:
        out += "        nil\n"
    out += "    }\n\n    func writeFields(to json: inout JSONWriter) throws {\n" + indented(write, 8) + "    }\n}\n"
    return out


def indented(lines, by):
    return "".join(f"{' ' * by}{line}\n" for line in lines.splitlines())


def enum_mapping(name, rows):
    """The extension of an enum; `rows` are the Swift cases and the names of the proto file."""
    out = f"\nextension {name}: JSONEnum {{\n    var jsonName: String? {{\n        switch self {{\n"
    out += "".join(f'        case .{case}: "{proto}"\n' for case, proto in rows)
    out += "        case .unrecognized: nil\n        }\n    }\n\n    init?(jsonName: String) {\n        switch jsonName {\n"
    out += "".join(f'        case "{proto}": self = .{case}\n' for case, proto in rows)
    return out + "        default: return nil\n        }\n    }\n}\n"
