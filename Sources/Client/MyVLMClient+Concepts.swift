import RPC
public import RPCMessages

extension MyVLMClient {
    /// Bytes of one chunk of a photo.
    private static var chunkBytes: Int { 256 << 10 }

    /// Asks whether the order would be accepted, uploads the photos and trains a new version; the last event is
    /// `.done`. Ending the iteration, or cancelling the task, cancels the training unless it is detached; no version is
    /// made then.
    public func enroll(_ order: EnrollmentOrder) -> AsyncThrowingStream<EnrollmentEvent, any Error> {
        sequence { [self] continuation in
            try order.check()
            do {
                try await checkEnrollment(order)
            } catch let error as MyVLMError where (error.cause as? RPCError)?.code == .unimplemented {
                // An older server checks once the photos are there.
            }
            let receipt = try await upload(order.photos) { sent in
                continuation.yield(.uploaded(photos: sent, of: order.photos.count))
            }
            var isTaken = false
            do {
                let events = try await channel.call(
                    ConceptsMethods.enroll, try order.request(upload: receipt.uploadId),
                    options: options(ConceptsMethods.enroll.rules))
                for try await message in events {
                    isTaken = true
                    if let event = try EnrollmentEvent(message) { continuation.yield(event) }
                }
            } catch {
                if !isTaken { await giveUp(receipt) }
                throw error
            }
        }
    }

    private func upload(_ photos: [Photo], sent: @Sendable (Int) -> Void) async throws -> UploadReceipt {
        try await channel.call(ConceptsMethods.uploadPhotos, options: options(ConceptsMethods.uploadPhotos.rules)) {
            writer in
            for (index, photo) in photos.enumerated() {
                var start = 0
                repeat {
                    let end = min(start + Self.chunkBytes, photo.bytes.count)
                    try await writer.write(
                        PhotoChunk(
                            fileName: start == 0 ? photo.name : "", data: Array(photo.bytes[start..<end]),
                            last: end == photo.bytes.count))
                    start = end
                } while start < photo.bytes.count
                sent(index + 1)
            }
        }
    }

    /// All of the caller's concepts by name.
    public func concepts() async throws(MyVLMError) -> [Concept] {
        var concepts: [Concept] = []
        while true {
            let page = try await call(
                ConceptsMethods.listConcepts, ListConceptsRequest(limit: 100, after: concepts.last?.name ?? ""))
            concepts += page.concepts
            if page.concepts.count < 100 { return concepts }
        }
    }

    /// One concept with the version in use and its history. Throws `notFound` also for other users' concepts.
    public func concept(_ name: String) async throws(MyVLMError) -> ConceptDetail {
        let reply = try await call(ConceptsMethods.getConcept, GetConceptRequest(name: name))
        guard let concept = reply.concept, let current = reply.current else {
            throw MyVLMError(.internalError, "the server's answer lacks the concept")
        }
        return ConceptDetail(
            concept: concept, current: current, history: reply.history, aliases: reply.aliases)
    }

    /// All versions of a concept, newest first.
    public func versions(of name: String) async throws(MyVLMError) -> [ConceptVersion] {
        var versions: [ConceptVersion] = []
        while true {
            let page = try await call(
                ConceptsMethods.listVersions,
                ListVersionsRequest(name: name, limit: 100, before: versions.last?.number ?? 0))
            versions += page.versions
            if page.versions.count < 100 { return versions }
        }
    }

    /// Moves a concept back: to version `to`, or without it to the one before the last move. With `ifVersion` only when
    /// that one is in use now. Throws `failedPrecondition` with nothing to go back to.
    public func rollback(
        _ name: String, to version: Int? = nil, ifVersion: Int? = nil, reason: String = ""
    ) async throws(MyVLMError) -> PointerMove {
        try await call(
            ConceptsMethods.rollback,
            RollbackRequest(
                name: name, to: try Limits.version(version), reason: reason,
                ifVersion: try Limits.version(ifVersion)))
    }

    /// Deletes a concept with all its versions; `undeleteConcept` brings it back within a week. Returns the user's new
    /// revision.
    public func deleteConcept(_ name: String) async throws(MyVLMError) -> UInt64 {
        try await call(ConceptsMethods.deleteConcept, DeleteConceptRequest(name: name)).revision
    }
}
