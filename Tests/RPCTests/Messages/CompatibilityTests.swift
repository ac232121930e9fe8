import CMessages
import CProtobufC
import RPCMessages
import Testing

/// What a release has promised on the wire, written down when it was made (python/make_goldens.py --keep).
private struct KeptRelease: Decodable {
    /// `3 created_at_ms int64` by message.
    let fields: [String: [String]]
    /// `2 ROLE_ADMIN` by enum.
    let values: [String: [String]]
    /// `/service/method request reply kind`.
    let methods: [String]
    /// Fillings of every message, in hex.
    let bytes: [String: [String]]
}

/// Clients and servers of a release and those of this one understand each other, whichever is older.
@Suite(.timeLimit(.minutes(10))) struct CompatibilityTests {
    @Test(arguments: ["1.0"]) func bytesOfAReleaseAreReadAndWrittenUnchanged(release: String) throws {
        let kept: KeptRelease = try Goldens.read("api-\(release)")
        let types = Dictionary(uniqueKeysWithValues: MessageCatalog.all.map { ($0.fullName, $0) })
        #expect(kept.bytes.count > 100)
        for (name, fillings) in kept.bytes {
            let type = try #require(types[name], "\(name) is gone")
            #expect(fillings.count > 4)
            for hex in fillings {
                let bytes = Goldens.bytes(hex)
                #expect(try Goldens.again(type, bytes) == bytes, "\(name) \(hex)")
            }
        }
    }

    /// A peer of the release reads what this one writes: what it knows stands where it was.
    @Test(arguments: ["1.0"]) func fieldsOfAReleaseStandWhereTheyWere(release: String) throws {
        let kept: KeptRelease = try Goldens.read("api-\(release)")
        let now = Descriptors()
        for (name, fields) in kept.fields {
            let gone = Set(fields).subtracting(now.fields[name] ?? [])
            #expect(gone.isEmpty, "\(name) had \(gone.sorted())")
        }
        #expect(!now.values.isEmpty)
        for (name, values) in now.values {
            let gone = Set(kept.values[name] ?? []).subtracting(values)
            #expect(gone.isEmpty, "\(name) had \(gone.sorted())")
        }
        #expect(Set(kept.values.keys).isSubset(of: now.values.keys))
    }

    @Test(arguments: ["1.0"]) func methodsOfAReleaseTakeAndGiveTheSame(release: String) throws {
        let kept: KeptRelease = try Goldens.read("api-\(release)")
        let now = MethodCatalog.all.map { "\($0.name) \($0.request.fullName) \($0.reply.fullName) \($0.kind.rawValue)" }
        #expect(kept.methods.count > 60)
        let gone = Set(kept.methods).subtracting(now)
        #expect(gone.isEmpty, "\(gone.sorted())")
    }

    /// A release passes over what a later one adds.
    @Test func unknownFieldsOfEveryWireTypeArePassedOver() throws {
        // Field 2000 as a number, eight bytes, some bytes, four bytes.
        let additions: [[UInt8]] = [
            [0x80, 0x7D, 0x05], [0x81, 0x7D, 1, 2, 3, 4, 5, 6, 7, 8], [0x82, 0x7D, 2, 0xFF, 0],
            [0x85, 0x7D, 1, 2, 3, 4],
        ]
        let kept: KeptRelease = try Goldens.read("api-1.0")
        for type in MessageCatalog.all {
            guard let hex = kept.bytes[type.fullName]?.first else { continue }
            for addition in additions {
                let bytes = Goldens.bytes(hex)
                #expect(try Goldens.again(type, addition + bytes + addition) == bytes, "\(type.fullName)")
            }
        }
    }

    /// protobuf-c cuts a `string` at a NUL and does not look at its UTF-8: none may reach it.
    @Test func everyTextIsBytesToProtobufC() {
        let now = Descriptors()
        #expect(now.fields.count == MessageCatalog.all.count)
        for (name, fields) in now.fields {
            #expect(!fields.contains { $0.hasSuffix(" string") }, "\(name) has text that nobody checks: \(fields)")
        }
        #expect(now.fields["myvlm.v1.User"]?.contains("1 name bytes") == true)
    }
}

/// The messages as protobuf-c's tables have them.
private struct Descriptors {
    private(set) var fields: [String: Set<String>] = [:]
    private(set) var values: [String: Set<String>] = [:]

    init() {
        var count: UInt32 = 0
        let all = myvlm_message_descriptors(&count)
        for index in 0..<Int(count) {
            guard let message = all?[index]?.pointee else { continue }
            fields[String(cString: message.name)] = Set(
                (0..<Int(message.n_fields)).map { line(message.fields[$0]) })
        }
    }

    private mutating func line(_ field: ProtobufCFieldDescriptor) -> String {
        let list = field.label == PROTOBUF_C_LABEL_REPEATED ? "repeated " : ""
        return "\(field.id) \(String(cString: field.name)) \(list)\(kind(field))"
    }

    private mutating func kind(_ field: ProtobufCFieldDescriptor) -> String {
        let scalars = [
            PROTOBUF_C_TYPE_INT32.rawValue: "int32", PROTOBUF_C_TYPE_UINT32.rawValue: "uint32",
            PROTOBUF_C_TYPE_INT64.rawValue: "int64", PROTOBUF_C_TYPE_UINT64.rawValue: "uint64",
            PROTOBUF_C_TYPE_FLOAT.rawValue: "float", PROTOBUF_C_TYPE_DOUBLE.rawValue: "double",
            PROTOBUF_C_TYPE_BOOL.rawValue: "bool", PROTOBUF_C_TYPE_BYTES.rawValue: "bytes",
            PROTOBUF_C_TYPE_STRING.rawValue: "string",
        ]
        if let scalar = scalars[field.type.rawValue] { return scalar }
        guard let inner = field.descriptor else { return "unknown" }
        guard field.type == PROTOBUF_C_TYPE_ENUM else {
            return String(cString: inner.assumingMemoryBound(to: ProtobufCMessageDescriptor.self).pointee.name)
        }
        let list = inner.assumingMemoryBound(to: ProtobufCEnumDescriptor.self).pointee
        let name = String(cString: list.name)
        values[name] = Set(
            (0..<Int(list.n_values)).map { "\(list.values[$0].value) \(String(cString: list.values[$0].name))" })
        return name
    }
}
