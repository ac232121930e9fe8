import Foundation
import Foundations
package import RPC
import Registry
import Rules

/// Photos between their upload and their enrollment: bound to their owner, within budgets, gone after use or expiry.
///
/// Photos lie in files of mode 0600 in a folder of mode 0700 that is emptied when the server starts. They are sealed, piece
/// by piece, under a key that only this process has and never writes down: a copy of the disk holds no picture.
package actor UploadStage {
    /// Looks at a whole photo; throws what is wrong with it, naming the file.
    package typealias Inspection = @Sendable (_ bytes: [UInt8], _ name: String) throws -> Void

    private let directory: String
    /// What uploads may take.
    package nonisolated let limits: UploadLimits
    private let clock: @Sendable () -> Int64
    private let wall: @Sendable () -> Int64
    private let inspect: Inspection
    private let key: [UInt8]
    private var ledger: UploadLedger
    private var uploads: [String: StagedUpload] = [:]

    /// A stage in the folder, which is emptied. `clock` tells milliseconds of a steady clock, by which uploads expire;
    /// `wall` those since 1970, for what people are told.
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
            key = try Randomness.bytes(32)
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

    /// Opens an upload and returns its id, which nobody can guess.
    package func begin(owner: Int64) throws -> String {
        var random = SystemRandomNumberGenerator()
        let id = (0..<4).map { _ in Self.hex(random.next()) }.joined()
        for gone in try ledger.begin(id, owner: owner, now: clock()) { deleteFiles(gone) }
        let folder = directory + "/" + id
        guard mkdir(folder, 0o700) == 0 else {
            ledger.remove(id)
            throw Self.diskFailure(errno)
        }
        uploads[id] = StagedUpload(directory: folder)
        return id
    }

    /// Starts the next photo.
    package func beginPhoto(_ id: String, name: String) throws {
        guard let upload = uploads[id] else { throw UploadLedger.gone }
        try ledger.addPhoto(to: id)
        let path = "\(upload.directory)/\(upload.photos.count)"
        do {
            try PrivateFile.create(path, [])
        } catch {
            throw RPCError(
                code: .resourceExhausted, message: "the server cannot keep the photo now; try again later", cause: error
            )
        }
        uploads[id]?.photos.append(.init(name: name, path: path))
    }

    /// Adds bytes to the photo that was started last.
    package func append(_ id: String, _ data: [UInt8]) throws {
        guard let index = uploads[id]?.photos.indices.last, var photo = uploads[id]?.photos[index] else {
            throw UploadLedger.gone
        }
        try PhotoRules.checkBytes(photo.bytes + data.count, name: photo.name, limit: limits.photoBytes)
        for gone in try ledger.add(data.count, to: id, now: clock()) { deleteFiles(gone) }
        let sealed = try AESGCM.seal(
            data, key: key, context: Self.context(id, index, photo.pieces), random: Randomness.bytes)
        let descriptor = open(photo.path, O_WRONLY | O_APPEND | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.diskFailure(errno) }
        defer { close(descriptor) }
        let size = UInt32(sealed.count)
        try Self.write((0..<4).map { UInt8(truncatingIfNeeded: size >> ($0 * 8)) } + sealed, to: descriptor)
        photo.bytes += data.count
        photo.pieces += 1
        uploads[id]?.photos[index] = photo
    }

    /// Ends the photo that was started last; the same picture twice, an empty one and what is no picture are refused.
    package func endPhoto(_ id: String) throws {
        guard let upload = uploads[id], let index = upload.photos.indices.last else { throw UploadLedger.gone }
        let photo = upload.photos[index]
        try PhotoRules.checkBytes(photo.bytes, name: photo.name, limit: limits.photoBytes)
        let bytes = try read(id, index, photo)
        try inspect(bytes, photo.name)
        let digest = SHA256Digest.of(bytes)
        if let twin = upload.photos.first(where: { $0.digest == digest }) {
            throw PhotoRules.twins(photo.name, twin.name)
        }
        uploads[id]?.photos[index].digest = digest
    }

    /// A time of the steady clock as people know it.
    private func shown(_ time: Int64) -> Int64 { wall() + time - clock() }

    /// Ends an upload; from now on one enrollment of its owner may take it.
    package func seal(_ id: String) throws -> UploadReceipt {
        let entry = try ledger.complete(id, now: clock())
        return UploadReceipt(
            uploadId: id, photos: UInt32(entry.photos), bytes: UInt64(entry.bytes),
            expiresAtMs: shown(entry.expiresAtMs))
    }

    /// Takes the photos of a complete upload for an enrollment of its owner: the upload is gone with it. Another user's
    /// upload does not exist for the caller.
    package func take(_ id: String, owner: Int64) throws -> [StagedPhoto] {
        expire()
        guard let upload = uploads[id], let entry = ledger.entries[id], entry.owner == owner,
            entry.completeAtMs != nil
        else {
            throw RPCError(
                code: .notFound,
                message: "no such upload: it was used, has expired or never was; upload the photos again")
        }
        defer { discard(id) }
        return try upload.photos.enumerated().map { index, photo in
            StagedPhoto(name: photo.name, bytes: try read(id, index, photo))
        }
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

    /// Deletes uploads past their time, those that never were completed among them.
    package func expire() {
        for id in ledger.expire(clock()) { deleteFiles(id) }
    }

    private func deleteFiles(_ id: String) {
        guard let upload = uploads.removeValue(forKey: id) else { return }
        // What cannot be deleted now goes with the folder at the next start; nobody has its key any more then.
        try? FileManager.default.removeItem(atPath: upload.directory)
    }

    /// A photo's bytes, its pieces opened one after the other.
    private func read(_ id: String, _ index: Int, _ photo: StagedUpload.Photo) throws -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: photo.path) else { throw Self.diskFailure(errno) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(photo.bytes)
        var at = 0
        for piece in 0..<photo.pieces {
            guard at + 4 <= data.count else { throw Self.damaged(photo.name) }
            let size = (0..<4).reduce(0) { $0 | Int(data[at + $1]) << ($1 * 8) }
            at += 4
            guard at + size <= data.count,
                let plain = try AESGCM.open(
                    [UInt8](data[at..<at + size]), key: key, context: Self.context(id, index, piece))
            else { throw Self.damaged(photo.name) }
            bytes += plain
            at += size
        }
        guard bytes.count == photo.bytes else { throw Self.damaged(photo.name) }
        return bytes
    }
}

extension UploadStage {
    /// What a sealed piece is bound to: pieces can be neither exchanged nor moved.
    private static func context(_ id: String, _ photo: Int, _ piece: Int) -> [UInt8] {
        Array("upload \(id)/\(photo)/\(piece)".utf8)
    }

    private static func damaged(_ name: String) -> RPCError {
        RPCError(code: .dataLoss, message: "\(name) was damaged on the server's disk; upload the photos again")
    }

    private static func diskFailure(_ number: Int32) -> RPCError {
        let full = number == ENOSPC || number == EDQUOT
        return RPCError(
            code: full ? .resourceExhausted : .internalError,
            message: full
                ? "the server's disk is full: nothing was kept; tell its operator and try again later"
                : "the server cannot keep the photo (\(String(cString: strerror(number)))); tell its operator")
    }

    private static func write(_ data: [UInt8], to descriptor: Int32) throws {
        var written = 0
        while written < data.count {
            let count = data.withUnsafeBytes { buffer in
                Glibc.write(descriptor, buffer.baseAddress.map { $0 + written }, buffer.count - written)
            }
            if count < 0, errno != EINTR { throw diskFailure(errno) }
            written += max(0, count)
        }
    }

    private static func hex(_ value: UInt64) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }
}
