/// What a token may do; the role of its user cuts it further.
public struct Scopes: OptionSet, Sendable, Hashable {
    /// Bits as they are stored.
    public let rawValue: Int

    /// Scopes of stored bits.
    public init(rawValue: Int) { self.rawValue = rawValue }

    /// Seeing one's concepts, versions, history, jobs and usage.
    public static let read = Scopes(rawValue: 1)
    /// Captions, answers and recognition.
    public static let query = Scopes(rawValue: 2)
    /// Changing one's concepts: enrolling, moving pointers, deleting, erasing, sharing.
    public static let enroll = Scopes(rawValue: 4)
    /// Managing accounts and the server.
    public static let admin = Scopes(rawValue: 8)
    /// All of them.
    public static let all: Scopes = [.read, .query, .enroll, .admin]

    private static let known: [(name: String, scope: Scopes)] = [
        ("read", .read), ("query", .query), ("enroll", .enroll), ("admin", .admin),
    ]

    /// Their names in a fixed order.
    public var names: [String] { Self.known.filter { contains($0.scope) }.map(\.name) }

    /// Parses names; throws `invalidArgument` for an unknown one.
    public init(names: [String]) throws {
        var scopes: Scopes = []
        for name in names {
            guard let found = Self.known.first(where: { $0.name == name }) else {
                throw RegistryError(
                    .invalidArgument, "there is no scope \(name.prefix(32)); scopes are read, query, enroll and admin")
            }
            scopes.insert(found.scope)
        }
        self = scopes
    }
}
