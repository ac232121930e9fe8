import RPC

extension MyVLMClient {
    /// Trains one of the caller's concepts again from the photos kept with its version in use, for the model the server
    /// has now, or for the one of its models that is named: with the same words, seed and task, as a new version. The last event is `.done`; the same photos and
    /// model give the same version again. The version in use stays in use until then, even if the training does not
    /// finish. Ending the iteration, or cancelling the task, cancels the training unless it is detached.
    ///
    /// Throws `failedPrecondition`, with what to do, where no photos are kept, while another enrollment of the concept is
    /// under way, and when another version is in use in the end; `invalidArgument` names a photo that cannot be read, and
    /// `dataLoss` one that is damaged.
    public func reenroll(
        _ concept: String, detach: Bool = false, reason: String = "", model: String = ""
    ) -> AsyncThrowingStream<EnrollmentEvent, any Error> {
        sequence { [self] continuation in
            let request = EnrollRequest(name: concept, reason: reason, detach: detach, fromKept: true, model: model)
            try MyVLMError.check(request)
            for try await message in try await channel.call(
                ConceptsMethods.enroll, request, options: options(ConceptsMethods.enroll.rules))
            {
                if let event = try EnrollmentEvent(message) { continuation.yield(event) }
            }
        }
    }
}
