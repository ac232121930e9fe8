import Foundation
package import Registry

/// The photos of jobs: sets with their keys stored beside the photos, sealed under their user's data key. They outlive
/// the process and are deleted with the job.
package struct JobPhotos: Sendable {
    /// The file with the sealed key of a set.
    private static let opener = "opener"

    let directory: String
    let registry: RegistryStore

    /// Photos in a folder.
    package init(directory: String, registry: RegistryStore) {
        self.directory = directory
        self.registry = registry
    }

    /// Keeps a job's photos; when one cannot be kept nothing is left behind, of the upload neither.
    package func keep(_ source: PhotoSource, of job: JobRecord) async throws {
        do {
            try PrivateFile.makeFolder(directory)
            let photos = try await source.photos(in: folder(job.id))
            let opener = try await registry.seal(try photos.opener(), for: job.userID, context: Self.context(job.id))
            try PrivateFile.create("\(folder(job.id))/\(Self.opener)", opener)
        } catch {
            source.remove()
            drop(job.id)
            throw error
        }
    }

    /// A job's photos in their order. `failedPrecondition` when they are not kept any more.
    package func photos(of job: JobRecord) async throws -> [StagedPhoto] {
        let photos: [StagedPhoto]
        if let sealed = FileManager.default.contents(atPath: "\(folder(job.id))/\(Self.opener)") {
            let opener = try await registry.unseal([UInt8](sealed), of: job.userID, context: Self.context(job.id))
            photos = try SealedPhotos(folder: folder(job.id), opener: opener).all()
        } else {
            photos = try await photosOfOldForm(job)
        }
        guard !photos.isEmpty else {
            throw RegistryError(
                .failedPrecondition, "the photos of the job \(job.id) are no longer kept; enroll again")
        }
        return photos
    }

    /// Deletes a job's photos.
    func drop(_ id: String) {
        // What cannot be deleted now is deleted by a later sweep.
        try? FileManager.default.removeItem(atPath: folder(id))
    }

    /// Deletes photos of jobs that are over, and of those that failed longer ago than `lifetimeMs`.
    func sweep(lifetimeMs: Int64, now: Int64) async throws {
        guard let folders = try? FileManager.default.contentsOfDirectory(atPath: directory) else { return }
        let wanted = try await registry.photosWanted(since: now - lifetimeMs)
        for folder in folders where !wanted.contains(folder) { drop(folder) }
    }

    private func folder(_ id: String) -> String { "\(directory)/\(id)" }

    private static func context(_ id: String) -> String { "photos of the job \(id)" }

    /// The form before sets had keys of their own: each photo with its name in a file of its own, sealed under its
    /// user's data key. A job that such a server left continues with them.
    private func photosOfOldForm(_ job: JobRecord) async throws -> [StagedPhoto] {
        var photos: [StagedPhoto] = []
        while let sealed = FileManager.default.contents(atPath: "\(folder(job.id))/\(photos.count)") {
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
        return photos
    }
}
