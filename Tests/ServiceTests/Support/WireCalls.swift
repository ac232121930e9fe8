import Client
import RPC
import Service

// Calls on the wire, for what the client library would not send or does at another time.

extension Harness {
    /// A connection of its own to the server.
    func channel() throws -> Channel {
        try Channel(
            endpoint: Endpoint(host: address.host, port: address.port),
            options: ChannelOptions(authorityFile: home.authority))
    }
}

extension CallOptions {
    /// A call with a token; without `timeout` it has no deadline.
    static func bearer(_ token: String, timeout: Duration? = nil) -> CallOptions {
        CallOptions(metadata: ["authorization": "Bearer \(token)"], timeout: timeout)
    }
}

extension Channel {
    /// Uploads one photo.
    func upload(_ photo: Photo, _ options: CallOptions) async throws -> UploadReceipt {
        try await call(ConceptsMethods.uploadPhotos, options: options) { writer in
            try await writer.write(PhotoChunk(fileName: photo.name, data: photo.bytes, last: true))
        }
    }

    /// Begins an upload that never ends by itself: empty pieces of one photo. `began` hears of each.
    func uploadForEver(_ options: CallOptions, began: AsyncStream<Void>.Continuation) async throws {
        _ = try await call(ConceptsMethods.uploadPhotos, options: options) { writer in
            try await writer.write(PhotoChunk(fileName: "a.png"))
            while true {
                try await writer.write(PhotoChunk())
                began.yield()
            }
        }
    }
}
