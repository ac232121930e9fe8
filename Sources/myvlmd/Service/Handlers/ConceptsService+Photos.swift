import RPC
import Registry

extension ConceptsService {
    func getPhotos(_ request: GetPhotosRequest, _ writer: ResponseWriter<PhotoChunk>, _ context: CallContext)
        async throws
    {
        try request.check()
        let caller = try context.caller
        let version = try request.version.isEmpty ? .current : VersionSelector(request.version)
        let photos = try await registry.photos(of: request.concept, version: version, userID: caller.userID)
        for photo in photos {
            let bytes = try await registry.bytes(of: photo, userID: caller.userID)
            for start in stride(from: 0, to: bytes.count, by: 256 << 10) {
                let end = min(start + (256 << 10), bytes.count)
                try await writer.write(
                    PhotoChunk(
                        fileName: start == 0 ? photo.name : "", data: Array(bytes[start..<end]),
                        last: end == bytes.count))
            }
        }
    }

    func dropPhotos(_ request: DropPhotosRequest, _ context: CallContext) async throws -> DropPhotosReply {
        try request.check()
        let count = try await registry.dropPhotos(of: request.concept, by: context.caller)
        return DropPhotosReply(photos: UInt32(clamping: count))
    }
}
