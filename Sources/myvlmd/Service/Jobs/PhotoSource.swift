/// Where the photos of an enrollment come from.
package enum PhotoSource: Sendable {
    /// An upload, which the enrollment uses up: its folder becomes the job's.
    case upload(SealedPhotos)
    /// Photos kept with a version, read and sealed for the job one by one: only one is in memory at a time.
    case kept(count: Int, photo: @Sendable (Int) async throws -> StagedPhoto)

    /// The photos as a set of their own in a new folder.
    func photos(in folder: String) async throws -> SealedPhotos {
        switch self {
        case .upload(let photos): return try photos.moved(to: folder)
        case .kept(let count, let photo):
            var photos = try SealedPhotos(folder: folder)
            for index in 0..<count {
                let one = try await photo(index)
                try photos.begin(name: one.name)
                try photos.append(one.bytes)
            }
            try photos.sync()
            return photos
        }
    }

    /// Deletes the photos that belong to the enrollment alone.
    func remove() {
        if case .upload(let photos) = self { photos.remove() }
    }
}
