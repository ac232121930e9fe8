/// The files of one upload.
struct StagedUpload {
    struct Photo {
        let name: String
        let path: String
        var bytes = 0
        /// Sealed pieces so far.
        var pieces = 0
        var digest: [UInt8]?
    }

    let directory: String
    var photos: [Photo] = []
}

/// An upload as its owner sees it.
package struct UploadSummary: Sendable, Equatable {
    package let id: String
    package let photos: Int
    package let bytes: Int
    package let expiresAtMs: Int64
    package let isComplete: Bool
}

/// A photo as an enrollment takes it.
package struct StagedPhoto: Sendable {
    /// The file name its owner gave, for messages.
    package let name: String
    /// The file's bytes, as they were sent.
    package let bytes: [UInt8]

    /// A photo.
    package init(name: String, bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
    }
}
