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
    /// After this many milliseconds a complete upload that was not enrolled may be removed to make room for others:
    /// clients enroll at once after uploading.
    package var idleMs: Int64 = 60_000

    /// The limits of a configuration.
    package init(_ configuration: ServiceConfiguration) {
        photos = min(configuration.maximumPhotos, Bounds.photos.upperBound)
        photoBytes = configuration.maximumPhotoBytes
        bytesPerUser = configuration.uploadBytesPerUser
        bytes = configuration.uploadBytes
        lifetimeMs = configuration.uploadLifetimeSeconds * 1_000
    }

    /// Bytes of an ordinary upload, some photos of a phone. Half of all room is reserved for what users have up to this
    /// size, so that a few users cannot take all of it.
    package var ordinaryBytes: Int { min(32 << 20, bytes / 4, bytesPerUser) }

    /// Bytes that users may have together beyond their ordinary uploads.
    package var sharedBytes: Int { bytes - bytes / 2 }
}
