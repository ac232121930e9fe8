import RPC
import Registry

extension ConceptsService {
    /// How long a watch may be silent before a bookmark says that nothing happened.
    static let bookmarkInterval: Duration = .seconds(30)

    func watch(_ request: WatchRequest, _ writer: ResponseWriter<WatchEvent>, _ context: CallContext) async throws {
        guard !registry.watchesHaveEnded else { throw Self.stopping }
        let userID = try context.caller.userID
        var seen = request.afterRevision
        if request.resume {
            // A compacted revision is reported at once, not at the first change.
            _ = try await registry.changes(of: userID, after: seen, limit: 1)
        } else {
            seen = try await registry.conceptSet(of: userID).revision
        }
        try await Self.bookmark(seen, to: writer)
        while true {
            let next: ChangePage?
            do { next = try await Self.next(registry, userID, after: seen) } catch {
                throw registry.watchesHaveEnded ? Self.stopping : error
            }
            guard let page = next else {
                try await Self.bookmark(seen, to: writer)
                continue
            }
            for event in page.events {
                try await writer.write(WatchEvent(event: .change(ConceptChange(record: event))))
                seen = event.revision
            }
        }
    }

    private static let stopping = RPCError(
        code: .unavailable, message: "the server is shutting down; watch again from the last revision")

    private static func bookmark(_ revision: UInt64, to writer: ResponseWriter<WatchEvent>) async throws {
        try await writer.write(WatchEvent(event: .bookmark(WatchBookmark(revision: revision))))
    }

    /// The next changes; nil when there are none for `bookmarkInterval`.
    private static func next(
        _ registry: RegistryStore, _ userID: Int64, after revision: UInt64
    ) async throws -> ChangePage? {
        try await withThrowingTaskGroup(of: ChangePage?.self) { group in
            group.addTask { try await registry.nextChanges(of: userID, after: revision) }
            group.addTask {
                try await Task.sleep(for: bookmarkInterval)
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
    }
}
