import RPC
import Registry
import Rules

/// Uploads of photos for an enrollment.
extension ConceptsService {
    func uploadPhotos(_ chunks: RequestStream<PhotoChunk>, _ context: CallContext) async throws -> UploadReceipt {
        try await Self.upload(chunks, to: stage, owner: context.caller.userID)
    }

    func checkEnrollment(_ request: EnrollRequest, _ context: CallContext) async throws -> CheckEnrollmentReply {
        try await enrollment.check(request, by: context.caller)
        return CheckEnrollmentReply()
    }

    func listUploads(_: ListUploadsRequest, _ context: CallContext) async throws -> ListUploadsReply {
        let uploads = await stage.uploads(of: try context.caller.userID)
        return ListUploadsReply(
            uploads: uploads.map {
                Upload(
                    uploadId: $0.id, photos: UInt32($0.photos), bytes: UInt64($0.bytes),
                    expiresAtMs: $0.expiresAtMs, complete: $0.isComplete)
            }, limit: UInt32(clamping: stage.limits.uploadsPerUser),
            limitBytes: UInt64(stage.limits.bytesPerUser))
    }

    func dropUpload(_ request: DropUploadRequest, _ context: CallContext) async throws -> DropUploadReply {
        guard let photos = await stage.drop(request.uploadId, owner: try context.caller.userID) else {
            throw RPCError(
                code: .notFound,
                message: "no such upload: it was used, has expired or never existed; see `myvlm uploads list`")
        }
        return DropUploadReply(photos: UInt32(photos))
    }

    /// Stages the photos of one call; on any failure, including a cancelled call, nothing is left behind. A file that
    /// is not a picture is refused by its first bytes, before any of it is written.
    private static func upload(
        _ chunks: RequestStream<PhotoChunk>, to stage: UploadStage, owner: Int64
    ) async throws -> UploadReceipt {
        let id = try await stage.begin(owner: owner)
        return try await Uncancelled.undoing {
            var photo: OpenPhoto?
            while let chunk = try await chunks.next() {
                var open: OpenPhoto
                if let photo {
                    open = photo
                } else {
                    try TextRules.checkText(chunk.fileName, what: "a photo's file name", limit: 1_024)
                    open = OpenPhoto(name: NameRules.fileName(chunk.fileName))
                    try await stage.beginPhoto(id, name: open.name)
                }
                if let bytes = try open.take(chunk.data, isLast: chunk.last) { try await stage.append(id, bytes) }
                photo = open
                if chunk.last {
                    try await stage.endPhoto(id)
                    photo = nil
                }
            }
            guard photo == nil else {
                throw RPCError(code: .invalidArgument, message: "the last photo is not complete; upload it again")
            }
            return try await stage.seal(id)
        } undo: { _ in
            await stage.discard(id)
        }
    }

    /// A photo that is arriving: its first bytes are held back until they show its format.
    private struct OpenPhoto {
        let name: String
        private var head: [UInt8]? = []

        init(name: String) { self.name = name }

        /// The bytes that may be written now; nil while nothing may. Throws for a file that is not a picture.
        mutating func take(_ data: [UInt8], isLast: Bool) throws -> [UInt8]? {
            guard var head else { return data.isEmpty ? nil : data }
            head += data
            guard head.count >= PhotoRules.headBytes || isLast else {
                self.head = head
                return nil
            }
            // The stage refuses an empty file.
            guard !head.isEmpty else { return nil }
            try PhotoRules.checkHead(head, name: name)
            self.head = nil
            return head
        }
    }
}
