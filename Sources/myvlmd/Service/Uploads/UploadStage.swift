import Foundation
package import RPC

/// Photos between their upload and their enrollment: bound to their owner, within budgets, gone after use or expiry.
///
/// Photos lie in files of mode 0600 in a folder of mode 0700 that is emptied when the server starts.
package actor UploadStage {
    private let directory: String
    private let limits: UploadLimits
    private let clock: @Sendable () -> Int64
    private let wall: @Sendable () -> Int64
    private var uploads: [String: StagedUpload] = [:]
    private var bytes = 0

    /// A stage in the folder, which is emptied. `clock` tells milliseconds of a steady clock, by which uploads expire;
    /// `wall` those since 1970, for receipts.
    package init(
        directory: String, limits: UploadLimits, clock: @escaping @Sendable () -> Int64,
        wall: (@Sendable () -> Int64)? = nil
    ) throws(ServiceError) {
        self.directory = directory
        self.limits = limits
        self.clock = clock
        self.wall = wall ?? clock
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
    package var waitingBytes: Int { bytes }

    /// Opens an upload and returns its id, which nobody can guess.
    package func begin(owner: Int64) throws -> String {
        try expire()
        if uploads.values.count(where: { $0.owner == owner }) >= limits.uploadsPerUser { discardReleased(owner) }
        let open = uploads.values.count { $0.owner == owner }
        guard open < limits.uploadsPerUser else {
            throw RPCError(
                code: .resourceExhausted,
                message: "\(open) uploads of yours wait for their enrollment, \(limits.uploadsPerUser) are allowed; "
                    + "enroll them or wait until they expire")
        }
        var random = SystemRandomNumberGenerator()
        let id = (0..<4).map { _ in Self.hex(random.next()) }.joined()
        let folder = directory + "/" + id
        guard mkdir(folder, 0o700) == 0 else { throw Self.diskFailure(errno) }
        uploads[id] = StagedUpload(owner: owner, directory: folder, expiresAtMs: clock() + limits.lifetimeMs)
        return id
    }

    /// Starts the next photo.
    package func beginPhoto(_ id: String, name: String) throws {
        guard var upload = uploads[id] else { throw Self.gone }
        guard upload.photos.count < limits.photos else {
            throw RPCError(
                code: .invalidArgument, message: "an upload takes \(limits.photos) photos at most; leave some out")
        }
        let path = "\(upload.directory)/\(upload.photos.count)"
        do {
            try PrivateFile.create(path, [])
        } catch {
            throw RPCError(
                code: .resourceExhausted, message: "the server cannot keep the photo now; try again later", cause: error
            )
        }
        upload.photos.append(.init(name: name, path: path))
        uploads[id] = upload
    }

    /// Adds bytes to the photo that was started last.
    package func append(_ id: String, _ data: [UInt8]) throws {
        guard var upload = uploads[id], var photo = upload.photos.popLast() else { throw Self.gone }
        guard photo.bytes + data.count <= limits.photoBytes else {
            throw RPCError(
                code: .invalidArgument,
                message: "\(photo.name) is larger than \(limits.photoBytes >> 20) MiB; save it smaller and try again")
        }
        if uploads.values.reduce(0, { $0 + ($1.owner == upload.owner ? $1.bytes : 0) }) + data.count
            > limits.bytesPerUser
        {
            discardReleased(upload.owner)
        }
        let mine = uploads.values.reduce(0) { $0 + ($1.owner == upload.owner ? $1.bytes : 0) }
        guard mine + data.count <= limits.bytesPerUser else {
            throw RPCError(
                code: .resourceExhausted,
                message: "your photos together are larger than \(limits.bytesPerUser >> 20) MiB; upload fewer at a time"
            )
        }
        guard bytes + data.count <= limits.bytes else {
            throw RPCError(
                code: .resourceExhausted, message: "the server holds many uploads; try again in a few minutes",
                trailers: ["retry-after-ms": "60000"])
        }
        let descriptor = open(photo.path, O_WRONLY | O_APPEND | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.diskFailure(errno) }
        defer { close(descriptor) }
        try Self.write(data, to: descriptor)
        photo.bytes += data.count
        upload.bytes += data.count
        bytes += data.count
        upload.photos.append(photo)
        uploads[id] = upload
    }

    /// Ends the photo that was started last; the same picture twice and an empty one are refused.
    package func endPhoto(_ id: String) throws {
        guard var upload = uploads[id], var photo = upload.photos.popLast() else { throw Self.gone }
        guard photo.bytes > 0 else {
            throw RPCError(code: .invalidArgument, message: "\(photo.name) is empty; choose another photo")
        }
        let digest = Digest.sha256(try Self.read(photo.path))
        if let twin = upload.photos.first(where: { $0.digest == digest }) {
            throw RPCError(
                code: .invalidArgument,
                message: "\(photo.name) and \(twin.name) are the same picture; every photo must be a different one")
        }
        photo.digest = digest
        upload.photos.append(photo)
        uploads[id] = upload
    }

    /// Ends an upload; from now on one enrollment of its owner may claim it.
    package func seal(_ id: String) throws -> UploadReceipt {
        guard var upload = uploads[id] else { throw Self.gone }
        guard !upload.photos.isEmpty else {
            throw RPCError(code: .invalidArgument, message: "no photo was sent; give at least one")
        }
        upload.state = .sealed
        upload.expiresAtMs = clock() + limits.lifetimeMs
        uploads[id] = upload
        return UploadReceipt(
            uploadId: id, photos: UInt32(upload.photos.count), bytes: UInt64(upload.bytes),
            expiresAtMs: wall() + limits.lifetimeMs)
    }

    /// Hands a sealed upload to one enrollment of its owner; returns how many photos it holds. Another user's upload
    /// does not exist for the caller.
    package func claim(_ id: String, owner: Int64) throws -> Int {
        try expire()
        guard var upload = uploads[id], upload.owner == owner, upload.state == .sealed else {
            throw RPCError(
                code: .notFound,
                message: "no such upload: it was used, has expired or never was; upload the photos again")
        }
        upload.state = .claimed
        uploads[id] = upload
        return upload.photos.count
    }

    /// The photos of a claimed upload.
    package func photos(_ id: String) throws -> [StagedPhoto] {
        guard let upload = uploads[id], upload.state == .claimed else { throw Self.gone }
        return try upload.photos.map { StagedPhoto(name: $0.name, bytes: try Self.read($0.path)) }
    }

    /// Hands a claimed upload back, for another enrollment: its time begins anew.
    package func release(_ id: String) {
        guard var upload = uploads[id], upload.state == .claimed else { return }
        upload.state = .sealed
        upload.isReleased = true
        upload.expiresAtMs = clock() + limits.lifetimeMs
        uploads[id] = upload
    }

    /// Makes room for a new upload: those that failed enrollments handed back go.
    private func discardReleased(_ owner: Int64) {
        for (id, upload) in uploads where upload.owner == owner && upload.isReleased && upload.state == .sealed {
            discard(id)
        }
    }

    /// Forgets an upload and deletes its files; harmless for one that is gone.
    package func discard(_ id: String) {
        guard let upload = uploads.removeValue(forKey: id) else { return }
        bytes -= upload.bytes
        // What cannot be deleted now goes with the folder at the next start.
        try? FileManager.default.removeItem(atPath: upload.directory)
    }

    /// Deletes uploads past their time, those that never were completed among them.
    package func expire() throws {
        let now = clock()
        for (id, upload) in uploads where upload.state != .claimed && upload.expiresAtMs <= now { discard(id) }
    }
}

extension UploadStage {
    private static var gone: RPCError {
        RPCError(code: .notFound, message: "the upload is gone; upload the photos again")
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

    private static func read(_ path: String) throws -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: path) else { throw diskFailure(errno) }
        return [UInt8](data)
    }

    private static func hex(_ value: UInt64) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }
}
