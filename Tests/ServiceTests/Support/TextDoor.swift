import Client
import Foundation
import RPC
import Registry
import Rules
import Testing

/// A text that people write, with its rule and the ways in that take it.
struct TextDoor: Sendable, CustomTestStringConvertible {
    let name: String
    /// How many letters it may have.
    let longest: Int
    /// Whether it may be left empty.
    let mayBeEmpty: Bool
    /// Whether every character must be one that can be shown.
    var isShown = true
    /// Whether the bytes are counted and not the characters.
    var countsBytes = false
    let rule: @Sendable (String) throws(RuleError) -> Void
    let line: @Sendable (Doors, String) -> [String]
    let client: @Sendable (Doors, String) async throws -> Void
    let wire: @Sendable (Doors, [UInt8]) async throws -> Void
    var registry: (@Sendable (Doors, String) async throws -> Void)?

    var testDescription: String { name }

    /// An order that is looked at and never trained: nobody is recognised by face on this server.
    private static func order(_ change: (inout EnrollmentOrder) -> Void) throws -> EnrollmentOrder {
        var order = try Harness.order("zibo")
        order.kind = .person
        order.captions = []
        change(&order)
        return order
    }

    private static func enroll(_ doors: Doors, _ arguments: [String]) -> [String] {
        ["enroll"] + arguments + ["--person", "--", doors.photo]
    }

    /// Name 2 and kind 3 of an `EnrollRequest`, and another field.
    private static func enrollment(_ field: Int, _ bytes: [UInt8]) -> [UInt8] {
        RawMessage.field(2, Array("zibo".utf8)) + RawMessage.number(3, 2) + RawMessage.field(field, bytes)
    }

    private static func commit(
        _ doors: Doors, identifier: String = "zibo", classNoun: String = "mug"
    ) async throws {
        _ = try await doors.bench.registry.commit(
            EnrollmentCommit(
                concept: "zibo",
                description: ArtifactDescription(
                    kind: .object, classNoun: classNoun, identifier: identifier, threshold: 0.5,
                    modelDigest: String(repeating: "a", count: 64), photoCount: 1, trainingRecord: "{}"),
                artifact: Array("\(identifier) \(classNoun)".utf8)), by: doors.bench.caller)
    }

    static let all: [TextDoor] = [
        TextDoor(
            name: "a concept's name", longest: 64, mayBeEmpty: false,
            rule: { text throws(RuleError) in _ = try NameRules.conceptName(text) },
            line: { ["concept", "show", "--", $1] },
            client: { _ = try await $0.client.concept($1) },
            wire: { try await $0.send(ConceptsMethods.getConcept, RawMessage.field(1, $1)) },
            registry: { _ = try await $0.bench.registry.concept($1, of: $0.bench.caller.userID) }),
        TextDoor(
            name: "an identifier", longest: 32, mayBeEmpty: true,
            rule: { text throws(RuleError) in if !text.isEmpty { _ = try NameRules.identifier(text) } },
            line: { enroll($0, ["zibo", "--identifier", $1]) },
            client: { doors, text in try await doors.client.checkEnrollment(order { $0.identifier = text }) },
            wire: { try await $0.send(ConceptsMethods.checkEnrollment, enrollment(5, $1)) },
            registry: { try await commit($0, identifier: $1.isEmpty ? "zibo" : $1) }),
        TextDoor(
            name: "a class", longest: 64, mayBeEmpty: true,
            rule: { text throws(RuleError) in if !text.isEmpty { _ = try NameRules.classNoun(text) } },
            line: { enroll($0, ["zibo", "--class", $1]) },
            client: { doors, text in try await doors.client.checkEnrollment(order { $0.classNoun = text }) },
            wire: { try await $0.send(ConceptsMethods.checkEnrollment, enrollment(4, $1)) },
            registry: { try await commit($0, classNoun: $1.isEmpty ? "mug" : $1) }),
        TextDoor(
            name: "a reason", longest: 200, mayBeEmpty: true,
            rule: { text throws(RuleError) in _ = try NameRules.reason(text) },
            line: { ["concept", "rollback", "nothing", "--reason", $1] },
            client: { _ = try await $0.client.rollback("nothing", reason: $1) },
            wire: {
                try await $0.send(
                    ConceptsMethods.rollback, RawMessage.field(1, Array("nothing".utf8)) + RawMessage.field(3, $1))
            },
            registry: { _ = try await $0.bench.registry.rollback("nothing", reason: $1, by: $0.bench.caller) }),
        TextDoor(
            name: "a label", longest: 64, mayBeEmpty: true,
            rule: { text throws(RuleError) in _ = try NameRules.label(text) },
            line: { ["token", "create", "--label", $1, "--to", "\($0.photo).\(UUID().uuidString)"] },
            client: { _ = try await $0.client.createToken(label: $1) },
            wire: { try await $0.send(AccountsMethods.createToken, RawMessage.field(1, $1)) },
            registry: { _ = try await $0.bench.registry.createToken(for: $0.bench.caller, label: $1) }),
        TextDoor(
            name: "an alias", longest: 64, mayBeEmpty: false,
            rule: { text throws(RuleError) in _ = try NameRules.alias(text) },
            line: { ["concept", "alias", "remove", "nothing", "--", $1] },
            client: { _ = try await $0.client.removeAlias($1, of: "nothing") },
            wire: {
                try await $0.send(
                    ConceptsMethods.removeAlias, RawMessage.field(1, Array("nothing".utf8)) + RawMessage.field(2, $1))
            },
            registry: { _ = try await $0.bench.registry.removeAlias($1, of: "nothing", by: $0.bench.caller) }),
        TextDoor(
            name: "a question", longest: 1_000, mayBeEmpty: false, isShown: false, countsBytes: true,
            rule: { text throws(RuleError) in try TextRules.checkQuestion(text) },
            line: { ["ask", "--max-tokens", "1", "--frozen", "--", $0.photo, $1] },
            client: { doors, text in
                let sampling = SamplingOptions(maxTokens: 1)
                for try await _ in doors.client.ask(try Harness.photo(1), text, sampling: sampling, frozen: true) {}
            },
            wire: {
                try await $0.send(
                    VisionMethods.ask,
                    RawMessage.field(1, try Harness.photo(1).bytes) + RawMessage.field(2, $1)
                        + RawMessage.field(3, RawMessage.number(4, 1)) + RawMessage.number(4, 1))
            }),
        TextDoor(
            name: "a caption", longest: 290, mayBeEmpty: true, isShown: false, countsBytes: true,
            rule: { text throws(RuleError) in
                _ = try TextRules.caption("\(text) {concept}", identifier: "zibo", photo: "photo 1")
            },
            line: { doors, text in
                let file = doors.photo + ".captions"
                // A file that cannot be written shows as a missing one in the answer.
                try? Data("photo.png\t\(text) {concept}\n".utf8).write(to: URL(filePath: file))
                return enroll(doors, ["zibo", "--captions", file])
            },
            client: { doors, text in
                try await doors.client.checkEnrollment(
                    order { $0.captions = [PhotoCaption(photo: 0, text: "\(text) {concept}")] })
            },
            wire: {
                try await $0.send(
                    ConceptsMethods.checkEnrollment, enrollment(6, RawMessage.field(2, $1 + Array(" {concept}".utf8))))
            }),
        TextDoor(
            name: "a user's name", longest: 64, mayBeEmpty: false,
            rule: { text throws(RuleError) in _ = try NameRules.userName(text) },
            line: { ["concept", "share", "nothing", "--", $1] },
            client: { _ = try await $0.client.share("nothing", with: $1) },
            wire: {
                try await $0.send(
                    ConceptsMethods.shareConcept, RawMessage.field(1, Array("nothing".utf8)) + RawMessage.field(2, $1))
            },
            registry: { _ = try await $0.bench.registry.share("nothing", with: $1, by: $0.bench.caller) }),
        TextDoor(
            name: "a password", longest: 1_024, mayBeEmpty: false, isShown: false, countsBytes: true,
            rule: { text throws(RuleError) in _ = try NameRules.password(text) },
            line: { doors, text in
                let file = doors.photo + ".secret"
                _ = FileManager.default.createFile(
                    atPath: file, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
                return ["user", "passwd", "nobody", "--password-file", file]
            },
            client: { try await $0.client.resetPassword(user: "nobody", to: $1) },
            wire: {
                try await $0.send(
                    AccountsMethods.resetPassword, RawMessage.field(1, Array("nobody".utf8)) + RawMessage.field(2, $1))
            },
            registry: { try await $0.bench.registry.resetPassword(name: "nobody", to: $1, by: .console) }),
    ]
}
