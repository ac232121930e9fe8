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

    /// The limits of a configuration.
    package init(_ configuration: ServiceConfiguration) {
        photos = configuration.maximumPhotos
        photoBytes = configuration.maximumPhotoBytes
        bytesPerUser = configuration.uploadBytesPerUser
        bytes = configuration.uploadBytes
        lifetimeMs = configuration.uploadLifetimeSeconds * 1_000
    }
}
