import Rules

/// What uploads may take.
package struct UploadLimits: Sendable {
    /// Photos of one upload.
    package var photos: Int
    /// Bytes of one photo.
    package var photoBytes: Int
    /// Bytes one user may have waiting.
    package var bytesPerUser: Int
    /// Bytes that may wait altogether.
    package var bytes: Int
    /// Uploads one user may have open or waiting.
    package var uploadsPerUser = 4
    /// Life of an upload nobody enrolled, milliseconds.
    package var lifetimeMs: Int64
    /// After so many milliseconds an upload that is complete and that nobody enrolled gives way to others: who uploads,
    /// enrolls at once.
    package var idleMs: Int64 = 60_000

    /// The limits of a configuration.
    package init(_ configuration: ServiceConfiguration) {
        photos = min(configuration.maximumPhotos, Bounds.photos.upperBound)
        photoBytes = configuration.maximumPhotoBytes
        bytesPerUser = configuration.uploadBytesPerUser
        bytes = configuration.uploadBytes
        lifetimeMs = configuration.uploadLifetimeSeconds * 1_000
    }

    /// Bytes of an ordinary upload, some photos of a phone. Half of all room is for what users have up to this size, so
    /// that no few of them can take all of it.
    package var ordinaryBytes: Int { min(32 << 20, bytes / 4, bytesPerUser) }

    /// Bytes that what users have beyond an ordinary upload may take together.
    package var sharedBytes: Int { bytes - bytes / 2 }
}
