import Client
import Foundation
import ProcessTestSupport
import RPC
import Registry
import Rules
import Service

/// What one way in says of something: nothing, or a refusal with its code and words.
struct Said: Sendable, CustomStringConvertible {
    /// The code's name where the way in has codes, as the client names it; nil where it was taken.
    let code: String?
    let message: String

    static let taken = Said(code: nil, message: "")

    /// What an error says.
    init(_ error: any Error) {
        switch error {
        case let error as MyVLMError: (code, message) = (error.code.rawValue, error.message)
        case let error as RPCError:
            (code, message) = ("\(error.code)", error.message)
        case let error as RegistryError: (code, message) = (error.code.rawValue, error.message)
        case let error as RuleError: (code, message) = ("invalidArgument", error.message)
        default: (code, message) = ("unknown", "\(error)")
        }
    }

    init(code: String?, message: String) { (self.code, self.message) = (code, message) }

    /// What a call says, by what it throws.
    static func of(_ body: () async throws -> Void) async -> Said {
        do {
            try await body()
            return .taken
        } catch {
            return Said(error)
        }
    }

    /// Whether the text itself was refused, and not for what there is or is not on the server.
    var isRefusal: Bool { code == "invalidArgument" }

    /// Whether what is on the disk is not what was written there.
    var isDamage: Bool { code == "dataLoss" }

    var description: String { code.map { "\($0): \(message)" } ?? "taken" }
}

/// Bytes as a client of another making sends them.
struct RawMessage: WireMessage {
    static let fullName = "raw"
    var bytes: [UInt8] = []

    init(_ bytes: [UInt8]) { self.bytes = bytes }
    init(decoding bytes: [UInt8], limits: MessageLimits) { self.bytes = bytes }
    func encode() -> [UInt8] { bytes }
    init(json: [UInt8], limits: MessageLimits, unknownFields: UnknownFields) { bytes = json }
    func json() -> [UInt8] { bytes }

    /// A field of bytes or of text.
    static func field(_ number: Int, _ content: [UInt8]) -> [UInt8] {
        varint(UInt64(number) << 3 | 2) + varint(UInt64(content.count)) + content
    }

    /// A field of a float.
    static func float(_ number: Int, _ value: Float) -> [UInt8] {
        varint(UInt64(number) << 3 | 5)
            + (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * UInt32($0))) }
    }

    /// A field of a number.
    static func number(_ number: Int, _ value: UInt64) -> [UInt8] {
        varint(UInt64(number) << 3) + varint(value)
    }

    private static func varint(_ value: UInt64) -> [UInt8] {
        var (rest, bytes) = (value, [UInt8]())
        while rest > 127 {
            bytes.append(UInt8(rest & 127 | 128))
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }
}

/// The ways in: the command line, the client library, the wire, and the registry below them.
struct Doors: Sendable {
    let tool: Program
    let client: MyVLMClient
    let channel: Channel
    let call: CallOptions
    let bench: EnrollmentBench
    /// A photo the command line can name.
    let photo: String

    /// Everything for one administrator of a harness, and a registry of its own.
    init(_ harness: Harness) async throws {
        client = try await harness.admin()
        channel = try harness.channel()
        call = .bearer(client.token ?? "")
        bench = try await EnrollmentBench(harness.folder + "/bench")
        tool = try CommandLineTool.named("myvlm", environment: ["MYVLM_CONFIG": "\(harness.folder)/config.json"])
        photo = harness.folder + "/photo.png"
        try Data(Harness.photo(1).bytes).write(to: URL(filePath: photo))
        let login = try await tool.run(
            ["login", "admin", "--server", "\(harness.address)", "--ca", harness.home.authority],
            input: Harness.adminPassword + "\n")
        guard login.code == 0 else { throw CocoaError(.userActivityHandoffFailed) }
    }

    func close() async throws {
        await client.close()
        await channel.close()
        try bench.registry.close()
    }

    /// A unary call with bytes of one's own.
    func send<Q, P>(_ method: UnaryMethod<Q, P>, _ bytes: [UInt8]) async throws {
        let raw = UnaryMethod<RawMessage, RawMessage>(method.name)
        _ = try await channel.call(raw, RawMessage(bytes), options: call)
    }

    /// The same for a call with a stream of answers, read to its end.
    func send<Q, P>(_ method: ServerStreamingMethod<Q, P>, _ bytes: [UInt8]) async throws {
        let raw = ServerStreamingMethod<RawMessage, RawMessage>(method.name)
        for try await _ in try await channel.call(raw, RawMessage(bytes), options: call) {}
    }
}
