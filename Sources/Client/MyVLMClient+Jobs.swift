import RPC
public import RPCMessages

extension MyVLMClient {
    /// The caller's enrollments, newest first.
    public func jobs(limit: Int = 100) async throws(MyVLMError) -> [Job] {
        try await call(JobsMethods.listJobs, ListJobsRequest(limit: UInt32(clamping: limit))).jobs
    }

    /// One of the caller's enrollments.
    public func job(_ id: String) async throws(MyVLMError) -> Job {
        try await call(JobsMethods.getJob, JobRequest(id: id))
    }

    /// Ends an enrollment; no version is made then. Throws `failedPrecondition` for one that is over.
    public func cancelJob(_ id: String) async throws(MyVLMError) -> Job {
        try await call(JobsMethods.cancelJob, JobRequest(id: id))
    }

    /// Tries a failed enrollment again, with the photos it had.
    public func resumeJob(_ id: String) async throws(MyVLMError) -> Job {
        try await call(JobsMethods.resumeJob, JobRequest(id: id))
    }

    /// The events of an enrollment from now on, like those of `enroll`. Ending the iteration does not end the
    /// enrollment.
    public func attach(_ id: String) -> AsyncThrowingStream<EnrollmentEvent, any Error> {
        sequence { [self] continuation in
            for try await message in try await channel.call(
                JobsMethods.attachJob, JobRequest(id: id), options: options(JobsMethods.attachJob.rules))
            {
                if let event = try EnrollmentEvent(message) { continuation.yield(event) }
            }
        }
    }
}
