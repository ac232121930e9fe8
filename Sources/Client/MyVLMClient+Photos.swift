import RPC

extension MyVLMClient {
    /// The photos kept with a version ("3", "v3" or an alias; empty: the current one), one after the other. None unless
    /// the enrollment was asked to keep them.
    public func photos(of concept: String, version: String = "") -> AsyncThrowingStream<Photo, any Error> {
        sequence { [self] continuation in
            var (name, bytes) = ("", [UInt8]())
            let request = GetPhotosRequest(concept: concept, version: version)
            try MyVLMError.check(request)
            for try await chunk in try await channel.call(
                ConceptsMethods.getPhotos, request, options: options(ConceptsMethods.getPhotos.rules))
            {
                if bytes.isEmpty { name = chunk.fileName }
                guard bytes.count + chunk.data.count <= Photo.maximumBytes else {
                    throw MyVLMError(.internalError, "the server sent a photo larger than it takes")
                }
                bytes += chunk.data
                guard chunk.last else { continue }
                continuation.yield(Photo(name: name, bytes: bytes))
                bytes = []
            }
        }
    }

    /// Destroys the photos kept with any version of a concept; returns how many were destroyed.
    public func dropPhotos(of concept: String) async throws(MyVLMError) -> Int {
        Int(try await call(ConceptsMethods.dropPhotos, DropPhotosRequest(concept: concept)).photos)
    }
}
