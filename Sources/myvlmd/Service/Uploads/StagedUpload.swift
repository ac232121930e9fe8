/// One upload: its photos as files of mode 0600, who owns it and until when it is good.
struct StagedUpload {
    enum State: Equatable {
        /// Photos are coming in.
        case open
        /// Complete, with a receipt out.
        case sealed
        /// An enrollment has it.
        case claimed
    }

    struct Photo {
        let name: String
        let path: String
        var bytes = 0
        var digest: [UInt8]?
    }

    let owner: Int64
    let directory: String
    var state = State.open
    var photos: [Photo] = []
    var expiresAtMs: Int64
    /// Handed back by a failed enrollment: gives way to a new upload that needs the room.
    var isReleased = false
    var bytes = 0
}

/// A photo as an enrollment takes it.
package struct StagedPhoto: Sendable {
    /// The file name its owner gave, for messages.
    package let name: String
    /// The file's bytes, as they were sent.
    package let bytes: [UInt8]
}
