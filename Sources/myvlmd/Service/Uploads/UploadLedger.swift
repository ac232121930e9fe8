import RPC
import Rules

/// How much room uploads take, and which one is removed to make room for another. A value that knows neither files nor
/// clocks; `UploadStage` is its shell.
package struct UploadLedger: Sendable {
    package struct Entry: Sendable {
        package let owner: Int64
        package let beganAtMs: Int64
        package var expiresAtMs: Int64
        /// When its last photo was there; nil while photos are still coming in.
        package var completeAtMs: Int64?
        package var photos = 0
        package var bytes = 0
    }

    private let limits: UploadLimits
    package private(set) var entries: [String: Entry] = [:]

    package init(_ limits: UploadLimits) { self.limits = limits }

    /// Bytes that wait now.
    package var bytes: Int { entries.values.reduce(0) { $0 + $1.bytes } }

    /// Opens an upload. Returns the ids of those that are removed to make room for it; throws `resourceExhausted` with
    /// what to do.
    package mutating func begin(_ id: String, owner: Int64, now: Int64) throws -> [String] {
        var gone = expire(now)
        var open = entries.values.count { $0.owner == owner }
        for idle in idleOnes(now, of: owner) where open >= limits.uploadsPerUser {
            entries[idle] = nil
            gone.append(idle)
            open -= 1
        }
        guard open < limits.uploadsPerUser else {
            throw RPCError(
                code: .resourceExhausted,
                message: "\(open) uploads of yours wait for their enrollment, \(limits.uploadsPerUser) are allowed; "
                    + "enroll them, drop one (`myvlm uploads list`), or try again in a minute",
                trailers: ["retry-after-ms": String(limits.idleMs)])
        }
        entries[id] = Entry(owner: owner, beganAtMs: now, expiresAtMs: now + limits.lifetimeMs)
        return gone
    }

    /// Counts bytes of an upload. Returns the ids of those that are removed to make room for them; throws
    /// `resourceExhausted`.
    package mutating func add(_ count: Int, to id: String, now: Int64) throws -> [String] {
        guard var entry = entries[id] else { throw Self.gone }
        var gone: [String] = []
        for idle in idleOnes(now, of: entry.owner) where taken(by: entry.owner) + count > limits.bytesPerUser {
            entries[idle] = nil
            gone.append(idle)
        }
        guard taken(by: entry.owner) + count <= limits.bytesPerUser else {
            throw RPCError(
                code: .resourceExhausted,
                message: "your photos together are larger than \(limits.bytesPerUser >> 20) MiB; upload fewer at a time"
            )
        }
        for idle in idleOnes(now, of: nil) where !fits(count, of: entry.owner) {
            entries[idle] = nil
            gone.append(idle)
        }
        guard fits(count, of: entry.owner) else {
            throw RPCError(
                code: .resourceExhausted,
                message: "the server holds many photos that wait for their enrollment; send fewer or smaller ones, or "
                    + "try again in a minute", trailers: ["retry-after-ms": String(limits.idleMs)])
        }
        entry.bytes += count
        entries[id] = entry
        return gone
    }

    /// Counts a photo of an upload.
    package mutating func addPhoto(to id: String) throws {
        guard let photos = entries[id]?.photos else { throw Self.gone }
        try PhotoRules.checkCount(photos + 1, most: limits.photos)
        entries[id]?.photos += 1
    }

    /// Ends an upload: from now on an enrollment may take it.
    package mutating func complete(_ id: String, now: Int64) throws -> Entry {
        guard var entry = entries[id] else { throw Self.gone }
        try PhotoRules.checkCount(entry.photos, most: limits.photos)
        entry.completeAtMs = now
        entry.expiresAtMs = now + limits.lifetimeMs
        entries[id] = entry
        return entry
    }

    /// Forgets an upload.
    package mutating func remove(_ id: String) { entries[id] = nil }

    /// Forgets expired uploads, including incomplete ones; returns their ids.
    package mutating func expire(_ now: Int64) -> [String] {
        let old = entries.filter { $0.value.expiresAtMs <= now }.map(\.key)
        for id in old { entries[id] = nil }
        return old
    }

    static var gone: RPCError {
        RPCError(code: .notFound, message: "the upload is gone; upload the photos again")
    }

    /// Complete uploads that nobody enrolls, the oldest first.
    private func idleOnes(_ now: Int64, of owner: Int64?) -> [String] {
        entries.filter { _, entry in
            guard let at = entry.completeAtMs else { return false }
            return now - at >= limits.idleMs && (owner == nil || entry.owner == owner)
        }.sorted { ($0.value.completeAtMs ?? 0, $0.key) < ($1.value.completeAtMs ?? 0, $1.key) }.map(\.key)
    }

    private func taken(by owner: Int64) -> Int { entries.values.reduce(0) { $0 + ($1.owner == owner ? $1.bytes : 0) } }

    /// Whether there is room for more bytes of a user: within the total, and beyond the size of an ordinary upload
    /// within the shared part.
    private func fits(_ count: Int, of owner: Int64) -> Bool {
        guard bytes + count <= limits.bytes else { return false }
        var takings: [Int64: Int] = [owner: count]
        for entry in entries.values { takings[entry.owner, default: 0] += entry.bytes }
        func extra(_ taken: Int) -> Int { max(0, taken - limits.ordinaryBytes) }
        // A user with no more than an ordinary upload is not limited by what others have beyond theirs.
        guard extra(takings[owner] ?? 0) > 0 else { return true }
        return takings.values.reduce(0) { $0 + extra($1) } <= limits.sharedBytes
    }
}
