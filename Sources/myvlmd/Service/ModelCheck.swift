import Registry
import Runtime
import VLM

/// What serving a model would mean for the concepts of a home; part of the stable JSON of `myvlmd model check`.
public struct ModelCheck: Sendable, Encodable {
    /// One user's concepts.
    public struct User: Sendable, Encodable {
        /// The user's name.
        public let name: String
        /// Concepts, deleted ones aside.
        public let concepts: Int
        /// Those whose version in use was made for another model.
        public let leftBehind: Int
        /// Those of them that can be trained again from kept photos.
        public let withPhotos: Int
    }

    /// The model's name.
    public let model: String
    /// Its digest.
    public let modelDigest: String
    /// Concepts of all users, deleted ones aside.
    public let concepts: Int
    /// Those whose version in use was made for another model.
    public let leftBehind: Int
    /// Those of them that can be trained again from kept photos.
    public let withPhotos: Int
    /// Users who have at least one of them.
    public let usersLeftBehind: Int
    /// Numbers of each user; nil where they were not asked for.
    public let users: [User]?

    /// Counts in a home's registry, whether or not a server has it open. Throws `missingFile` for a folder that is not
    /// a home and `RegistryError` for a registry that cannot be read.
    public init(_ model: LoadedModel, home: ServerHome, byUser: Bool) throws {
        try home.requireMade()
        let identity = model.parts.model.identity
        let census = try ModelCensus(directory: home.registry, model: identity.digest)
        self.model = identity.name
        modelDigest = identity.digest
        concepts = census.concepts
        leftBehind = census.leftBehind
        withPhotos = census.withPhotos
        usersLeftBehind = census.usersLeftBehind
        users =
            byUser
            ? census.users.filter { $0.leftBehind > 0 }.map {
                User(name: $0.name, concepts: $0.concepts, leftBehind: $0.leftBehind, withPhotos: $0.withPhotos)
            } : nil
    }

    /// The same as text for people, one line per entry.
    public var lines: [String] {
        let name = "\(model) \(modelDigest.prefix(12))"
        guard leftBehind > 0 else { return ["\(name): all \(concepts) concepts are of this model"] }
        var lines = [
            "\(name): \(leftBehind) of \(concepts) concepts, of \(usersLeftBehind) "
                + "user\(usersLeftBehind == 1 ? "" : "s"), are of another model and would be left out of answers",
            "\(withPhotos) of them have kept photos: `myvlm reenroll --all`, by each owner, trains them again",
        ]
        if withPhotos < leftBehind {
            lines.append("\(leftBehind - withPhotos) have none: their owners have to enroll them with photos")
        }
        return lines + (users ?? []).map { "\($0.name): \($0.leftBehind), \($0.withPhotos) with photos" }
    }
}
