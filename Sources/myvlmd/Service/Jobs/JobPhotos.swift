import Foundation
package import Registry

/// Photos of jobs, each a file sealed under its user's data key: they outlive the process and go with the job.
package struct JobPhotos: Sendable {
    let directory: String
    let registry: RegistryStore

    /// Photos in a folder.
    package init(directory: String, registry: RegistryStore) {
        self.directory = directory
        self.registry = registry
    }

    /// Keeps a job's photos; nothing stays behind when one cannot be kept.
    func keep(_ photos: PhotoSupply, of job: JobRecord) async throws {
        let folder = "\(directory)/\(job.id)"
        try PrivateFile.makeFolder(directory)
        try PrivateFile.makeFolder(folder)
        do {
            for index in 0..<photos.count {
                let photo = try await photos.photo(index)
                let name = [UInt8](photo.name.utf8.prefix(1_024))
                let plain = [UInt8(name.count >> 8), UInt8(name.count & 255)] + name + photo.bytes
                let sealed = try await registry.seal(plain, for: job.userID, context: "\(job.id)/\(index)")
                try PrivateFile.create("\(folder)/\(index)", sealed)
            }
        } catch {
            drop(job.id)
            throw error
        }
    }

    /// A job's photos in their order. `failedPrecondition` when they are not kept any more.
    func photos(of job: JobRecord) async throws -> [StagedPhoto] {
        let folder = "\(directory)/\(job.id)"
        var photos: [StagedPhoto] = []
        while let sealed = FileManager.default.contents(atPath: "\(folder)/\(photos.count)") {
            let plain = try await registry.unseal(
                [UInt8](sealed), of: job.userID, context: "\(job.id)/\(photos.count)")
            let size = plain.count < 2 ? 0 : Int(plain[0]) << 8 | Int(plain[1])
            guard plain.count >= size + 2 else {
                throw RegistryError(.dataLoss, "a photo of the job is damaged; enroll again")
            }
            photos.append(
                StagedPhoto(
                    name: String(decoding: plain[2..<2 + size], as: UTF8.self), bytes: Array(plain[(2 + size)...])))
        }
        guard !photos.isEmpty else {
            throw RegistryError(
                .failedPrecondition, "the photos of the job \(job.id) are not kept any more; enroll again")
        }
        return photos
    }

    /// Deletes a job's photos.
    func drop(_ id: String) {
        // What cannot be deleted now is swept later.
        try? FileManager.default.removeItem(atPath: "\(directory)/\(id)")
    }

    /// Deletes photos of jobs that are over, and of those that failed longer ago than `lifetimeMs`.
    func sweep(lifetimeMs: Int64, now: Int64) async throws {
        guard let folders = try? FileManager.default.contentsOfDirectory(atPath: directory) else { return }
        let wanted = try await registry.photosWanted(since: now - lifetimeMs)
        for folder in folders where !wanted.contains(folder) { drop(folder) }
    }
}
