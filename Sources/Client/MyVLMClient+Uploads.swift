import RPC
public import RPCMessages

extension MyVLMClient {
    /// The caller's uploads that no enrollment has used yet, the oldest first.
    public func uploads() async throws(MyVLMError) -> [Upload] {
        try await call(ConceptsMethods.listUploads, ListUploadsRequest()).uploads
    }

    /// Deletes an upload; returns how many photos it had. Throws `notFound`.
    @discardableResult
    public func dropUpload(_ id: String) async throws(MyVLMError) -> Int {
        Int(try await call(ConceptsMethods.dropUpload, DropUploadRequest(uploadId: id)).photos)
    }

    /// Asks whether an enrollment would be accepted, before its photos are sent: throws what the server would refuse it
    /// for. `enroll` does this itself.
    public func checkEnrollment(_ order: EnrollmentOrder) async throws(MyVLMError) {
        _ = try await call(ConceptsMethods.checkEnrollment, try order.request(upload: ""))
    }

    /// Deletes an upload whose enrollment was refused, in a task that may be cancelled: it is no longer of use, and it
    /// counts against the caller's uploads.
    func giveUp(_ receipt: UploadReceipt) async {
        await Task { [self] in
            do {
                try await dropUpload(receipt.uploadId)
            } catch {
                // The server drops what it refused; what is left expires.
            }
        }.value
    }
}

extension EnrollmentOrder {
    /// The order as it is sent.
    func request(upload: String) throws(MyVLMError) -> EnrollRequest {
        var request = request
        request.uploadId = upload
        switch condition {
        case .always: break
        case .ifVersion(let version): request.ifVersion = try Limits.version(version)
        case .onlyNew: request.onlyNew = true
        }
        return request
    }
}
