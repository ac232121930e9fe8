/// Where the photos of an order come from.
package enum PhotoSource: Sendable {
    /// An upload, which the order uses up: its folder becomes the job's.
    case upload(SealedPhotos)
    /// Photos kept with a version, each read and sealed for the job in its turn: no more than one is in memory.
    case kept(count: Int, photo: @Sendable (Int) async throws -> StagedPhoto)

    /// The photos as a set of their own in a folder that is made.
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

    /// Deletes what is the order's own.
    func remove() {
        if case .upload(let photos) = self { photos.remove() }
    }
}
