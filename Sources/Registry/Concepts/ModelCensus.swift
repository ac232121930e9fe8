internal import GRDB

/// Whom another model would affect: users whose current versions were made for a different one.
///
/// It reads a registry that a server may have open: nothing is written, and the server does not wait for it.
public struct ModelCensus: Sendable, Equatable {
    /// What a model would mean for one user, without names of concepts.
    public struct User: Sendable, Equatable {
        /// The user's name.
        public let name: String
        /// Concepts, deleted ones aside.
        public let concepts: Int
        /// Those whose current version was made for another model.
        public let leftBehind: Int
        /// Those of them that can be trained again from kept photos.
        public let withPhotos: Int
    }

    /// Users with concepts, by name.
    public let users: [User]

    /// Concepts of all users.
    public var concepts: Int { users.reduce(0) { $0 + $1.concepts } }
    /// Those whose current version was made for another model.
    public var leftBehind: Int { users.reduce(0) { $0 + $1.leftBehind } }
    /// Those of them that can be trained again from kept photos.
    public var withPhotos: Int { users.reduce(0) { $0 + $1.withPhotos } }
    /// Users who have at least one of them.
    public var usersLeftBehind: Int { users.count { $0.leftBehind > 0 } }

    /// Counts in the registry of a folder, for the model with the digest. `notFound` where there is none, `dataLoss` for a
    /// damaged one, `schemaTooNew` for a newer release's, `failedPrecondition` for an older one's.
    public init(directory: String, model digest: String) throws {
        let path = directory + "/registry.sqlite"
        try DatabaseFile.require(path)
        // Opening the database creates an empty log where there is none, which would hide that one is missing.
        try RunMark(directory: directory).requireLog()
        do {
            let queue = try DatabaseQueue(
                path: path, configuration: Connection.lookups(RegistryConfiguration(directory: directory)))
            let counted = Result { try queue.read { db in try Self.users(db, digest) } }
            try queue.close()
            users = try counted.get()
        } catch {
            throw RegistryError.mapped(error)
        }
    }

    private static func users(_ db: Database, _ digest: String) throws -> [User] {
        let schema = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        guard schema == Schema.version else {
            throw RegistryError(
                .failedPrecondition,
                "the database has schema \(schema), this release counts in \(Schema.version): start the server of this "
                    + "release once, which migrates it")
        }
        return try Row.fetchAll(db, sql: sql, arguments: ["model": digest]).map {
            User(name: $0["name"], concepts: $0["concepts"], leftBehind: $0["others"], withPhotos: $0["photographed"])
        }
    }

    private static let sql = """
        SELECT account.name AS name, count(*) AS concepts, sum(model_digest <> :model) AS others,
            sum(model_digest <> :model AND EXISTS (
                SELECT 1 FROM photo WHERE photo.concept_id = concept.id AND photo.number = version.number)
            ) AS photographed
        FROM concept JOIN account ON account.id = concept.account_id
        JOIN move ON move.id = current_move
        JOIN version ON version.concept_id = concept.id AND version.number = to_number
        WHERE deleted_ms IS NULL GROUP BY account.id ORDER BY account.name
        """
}
