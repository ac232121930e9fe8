import Foundation
import Foundations
package import RPC
import Registry
import Rules

/// Photos between their upload and their enrollment: bound to their owner, within budgets, deleted after use or expiry.
///
/// Photos lie in a folder of mode 0700 that is emptied when the server starts, each upload a set that only this process can
/// open (`SealedPhotos`).
package actor UploadStage {
    /// Checks a complete photo; throws what is wrong with it, naming the file.
    package typealias Inspection = @Sendable (_ bytes: [UInt8], _ name: String) throws -> Void

    private let directory: String
    /// What uploads may take.
    package nonisolated let limits: UploadLimits
    private let clock: @Sendable () -> Int64
    private let wall: @Sendable () -> Int64
    private let inspect: Inspection
    private var ledger: UploadLedger
    private var uploads: [String: Upload] = [:]

    /// The photos of one upload, and the digests of those that are complete.
    private struct Upload {
        var photos: SealedPhotos
        var digests: [[UInt8]] = []
    }

    /// A stage in the folder, which is emptied. `clock` returns milliseconds of a steady clock, by which uploads
    /// expire; `wall` milliseconds since 1970, for people.
    package init(
        directory: String, limits: UploadLimits, clock: @escaping @Sendable () -> Int64,
        wall: (@Sendable () -> Int64)? = nil,
        inspect: @escaping Inspection = { try PhotoDoor.check($0, name: $1) }
    ) throws(ServiceError) {
        self.directory = directory
        self.limits = limits
        self.clock = clock
        self.wall = wall ?? clock
        self.inspect = inspect
        ledger = UploadLedger(limits)
        do {
            if FileManager.default.fileExists(atPath: directory) {
                try FileManager.default.removeItem(atPath: directory)
            }
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw ServiceError(.cannotCreate, "cannot make an empty folder \(directory) for uploads", cause: error)
        }
    }

    /// Bytes that wait now.
    package var waitingBytes: Int { ledger.bytes }

    /// Opens an upload and returns its unguessable id.
    package func begin(owner: Int64) throws -> String {
        var random = SystemRandomNumberGenerator()
        let id = (0..<4).map { _ in Self.hex(random.next()) }.joined()
        for gone in try ledger.begin(id, owner: owner, now: clock()) { deleteFiles(gone) }
        do {
            uploads[id] = Upload(photos: try SealedPhotos(folder: directory + "/" + id))
        } catch {
            ledger.remove(id)
            throw error
        }
        return id
    }

    /// Starts the next photo.
    package func beginPhoto(_ id: String, name: String) throws {
        guard var upload = uploads[id] else { throw UploadLedger.gone }
        try ledger.addPhoto(to: id)
        try upload.photos.begin(name: name)
        uploads[id] = upload
    }

    /// Adds bytes to the photo that was started last.
    package func append(_ id: String, _ data: [UInt8]) throws {
        guard var upload = uploads[id], let photo = upload.photos.photos.last else { throw UploadLedger.gone }
        try PhotoRules.checkBytes(photo.bytes + data.count, name: photo.name, limit: limits.photoBytes)
        for gone in try ledger.add(data.count, to: id, now: clock()) { deleteFiles(gone) }
        try upload.photos.append(data)
        uploads[id] = upload
    }

    /// Ends the photo that was started last; the same picture twice, an empty file and anything but a picture are
    /// refused.
    package func endPhoto(_ id: String) throws {
        guard var upload = uploads[id], let last = upload.photos.photos.indices.last else { throw UploadLedger.gone }
        let photos = upload.photos.photos
        try PhotoRules.checkBytes(photos[last].bytes, name: photos[last].name, limit: limits.photoBytes)
        let bytes = try upload.photos.photo(last).bytes
        try inspect(bytes, photos[last].name)
        let digest = SHA256Digest.of(bytes)
        if let twin = upload.digests.firstIndex(of: digest) {
            throw PhotoRules.twins(photos[last].name, photos[twin].name)
        }
        upload.digests.append(digest)
        uploads[id] = upload
    }

    /// A time of the steady clock as wall time.
    private func shown(_ time: Int64) -> Int64 { wall() + time - clock() }

    /// Ends an upload; from now on one enrollment of its owner may take it.
    package func seal(_ id: String) throws -> UploadReceipt {
        let entry = try ledger.complete(id, now: clock())
        return UploadReceipt(
            uploadId: id, photos: UInt32(entry.photos), bytes: UInt64(entry.bytes),
            expiresAtMs: shown(entry.expiresAtMs))
    }

    /// Takes the photos of a complete upload for an enrollment of its owner: the upload is gone then, and its files
    /// belong to the taker. Another user's upload does not exist for the caller.
    package func take(_ id: String, owner: Int64) throws -> SealedPhotos {
        expire()
        guard let upload = uploads[id], let entry = ledger.entries[id], entry.owner == owner,
            entry.completeAtMs != nil
        else {
            throw RPCError(
                code: .notFound,
                message: "no such upload: it was used, has expired or never existed; upload the photos again")
        }
        ledger.remove(id)
        uploads[id] = nil
        return upload.photos
    }

    /// A user's uploads, the oldest first.
    package func uploads(of owner: Int64) -> [UploadSummary] {
        expire()
        return ledger.entries.filter { $0.value.owner == owner }
            .sorted { ($0.value.beganAtMs, $0.key) < ($1.value.beganAtMs, $1.key) }
            .map { id, entry in
                UploadSummary(
                    id: id, photos: entry.photos, bytes: entry.bytes, expiresAtMs: shown(entry.expiresAtMs),
                    isComplete: entry.completeAtMs != nil)
            }
    }

    /// Deletes an upload of its owner; returns how many photos it had, nil when the owner has none of that id.
    @discardableResult
    package func drop(_ id: String, owner: Int64) -> Int? {
        guard let entry = ledger.entries[id], entry.owner == owner else { return nil }
        discard(id)
        return entry.photos
    }

    /// Deletes everything a user has here.
    package func dropAll(of owner: Int64) {
        for (id, entry) in ledger.entries where entry.owner == owner { discard(id) }
    }

    /// Forgets an upload and deletes its files; harmless for one that is gone.
    package func discard(_ id: String) {
        ledger.remove(id)
        deleteFiles(id)
    }

    /// Deletes expired uploads, including incomplete ones.
    package func expire() {
        for id in ledger.expire(clock()) { deleteFiles(id) }
    }

    private func deleteFiles(_ id: String) { uploads.removeValue(forKey: id)?.photos.remove() }

    private static func hex(_ value: UInt64) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }
}
