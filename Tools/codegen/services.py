"""The methods: their types with what is true of each, and the protocol of whoever serves them."""

import sys

from google.protobuf import descriptor_pb2

from .proto import METHOD_OPTIONS, NOTICE, extension

KINDS = {(0, 0): "Unary", (1, 0): "ClientStreaming", (0, 1): "ServerStreaming", (1, 1): "Bidirectional"}
Level = descriptor_pb2.MethodOptions
REPETITIONS = {
    Level.IDEMPOTENCY_UNKNOWN: ".worksAgain",
    Level.IDEMPOTENT: ".idempotent",
    Level.NO_SIDE_EFFECTS: ".withoutSideEffects",
}
# What options.proto says of a 0.
REQUEST_BYTES, MEMORY_BYTES = 4096, 65536


class Service:
    """One service of a proto file."""

    def __init__(self, proto, index, rules):
        self.proto, self.index, self.rules = proto, index, rules
        self.service = proto.file.service[index]
        self.name = self.service.name
        self.full = f"{proto.file.package}.{self.name}"

    @staticmethod
    def kind(method):
        return KINDS[(int(method.client_streaming), int(method.server_streaming))]

    @staticmethod
    def types(method):
        return method.input_type.split(".")[-1], method.output_type.split(".")[-1]

    def doc(self, i, fallback):
        return self.proto.doc([6, self.index, 2, i], fallback, "    ")

    def rules_of(self, method):
        """The Swift value of the method's options."""
        rules = method.options.Extensions[self.rules]
        scope = rules.DESCRIPTOR.fields_by_name["scope"].enum_type.values_by_number[rules.scope].name
        if not method.options.HasExtension(self.rules) or scope == "METHOD_SCOPE_UNSPECIFIED":
            sys.exit(f"{self.full}/{method.name}: say in option (rules) which scope a caller needs")
        values = [
            f"scope: .{scope.removeprefix('METHOD_SCOPE_').lower()}",
            f"requestBytes: {rules.request_bytes or REQUEST_BYTES:_}",
            f"memoryBytes: {rules.memory_bytes or MEMORY_BYTES:_}",
            f"repetition: {REPETITIONS[method.options.idempotency_level]}",
        ]
        values += ["countsAsStream: true"] if rules.counts_as_stream else []
        values += ["executor: .sockets"] if rules.executor else []
        values += [f"deadline: .seconds({rules.deadline_seconds})"] if rules.deadline_seconds else []
        return f"MethodRules(\n                {', '.join(values)})"

    def methods(self):
        """The enum with a constant a method."""
        out = NOTICE.format(file=self.proto.file.name) + "\npublic import RPCCore\n\n"
        out += self.proto.doc([6, self.index], f"The methods of the service `{self.full}`.")
        out += f"public enum {self.name}Methods {{\n"
        for i, m in enumerate(self.service.method):
            request, reply = self.types(m)
            out += self.doc(i, f"`{m.name}`.")
            out += f"    public static let {method_camel(m.name)} = {self.kind(m)}Method<{request}, {reply}>(\n"
            out += f'        MethodName(service: "{self.full}", method: "{m.name}"),\n        rules: {self.rules_of(m)})\n'
        out += "\n    /// Every method's name, in the order of the proto file.\n    public static let all: [MethodName] = [\n"
        out += "".join(f"        {method_camel(m.name)}.name,\n" for m in self.service.method) + "    ]\n}\n"
        return out

    def signature(self, m):
        request, reply = self.types(m)
        taken = f"_ requests: RequestStream<{request}>" if m.client_streaming else f"_ request: {request}"
        taken += f", _ replies: ResponseWriter<{reply}>" if m.server_streaming else ""
        one = f"func {method_camel(m.name)}({taken}, _ context: CallContext) async throws"
        one += "" if m.server_streaming else f" -> {reply}"
        if len(one) <= 116:
            return one
        return one.replace("(_ req", "(\n        _ req").replace(") async", "\n    ) async")

    def serving(self):
        """The protocol with a requirement a method, and the registration of all of them."""
        out = NOTICE.format(file=self.proto.file.name) + "\n"
        out += f"/// Who serves `{self.full}`: a requirement a method, so that none can be forgotten.\n"
        out += f"public protocol {self.name}Serving: Sendable {{\n"
        out += "\n".join(
            self.doc(i, f"`{m.name}`.") + f"    {self.signature(m)}\n" for i, m in enumerate(self.service.method)
        )
        out += f"}}\n\nextension {self.name}Serving {{\n"
        out += "    /// Registers every method; `calls` runs what each call does.\n"
        out += "    public func register(into services: inout Services, running calls: some CallRunning) {\n"
        for m in self.service.method:
            handed = ["requests" if m.client_streaming else "request"] + (["replies"] if m.server_streaming else [])
            handed += ["context"]
            out += f"        services.register({self.name}Methods.{method_camel(m.name)}) {{ {', '.join(handed)} in\n"
            out += f"            try await calls.run(context) {{ try await self.{method_camel(m.name)}({', '.join(handed)}) }}\n"
            out += "        }\n"
        return out + "    }\n}\n"


def method_camel(name):
    return name[:1].lower() + name[1:]


def rules_option(scratch):
    """The option that says what is true of a method; for descriptors that are parsed afterwards."""
    return extension(METHOD_OPTIONS, "myvlm.v1.rules", scratch)


def catalog(all_services):
    """The list of all methods."""
    out = "// Generated by Tools/generate_messages.py. Do not edit.\n\n"
    out += "extension MethodCatalog {\n    /// Every method of the API, in the order of the proto files.\n"
    out += "    public static let all: [MethodDescription] = [\n"
    out += "".join(
        f"        MethodDescription({s.name}Methods.{method_camel(m.name)}),\n" for s in all_services for m in s.service.method
    )
    return out + "    ]\n}\n"
