package import RPCCore

/// The asynchronous interface of a stream. Each call hops to the loop once.
extension HTTP2Stream {
    /// The next message; nil at the end. Throws the `RPCError` the call ended with. One task at a time may read.
    package func nextMessage() async throws -> [UInt8]? {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                loop.submit { self.pull(continuation) }
            }
        } onCancel: {
            loop.submit { self.cancelWaiting() }
        }
    }

    /// Queues bytes, after `prepare` ran on the loop; returns when the peer keeps up. Throws when the call is over.
    package func send(_ bytes: [UInt8], prepare: @escaping @Sendable () -> Bool) async throws {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                loop.submit { self.push(bytes, prepare, continuation) }
            }
        } onCancel: {
            loop.submit { self.cancelWaiting() }
        }
    }

    private func pull(_ continuation: CheckedContinuation<[UInt8]?, any Error>) {
        guard reader == nil else {
            continuation.resume(
                throwing: RPCError(code: .internalError, message: "two tasks read one stream; only one may"))
            return
        }
        delegate?.streamReads()
        reader = continuation
        satisfyReader()
        notePull()
        if isCancelled { cancelWaiting() }
    }

    private func push(
        _ bytes: [UInt8], _ prepare: () -> Bool, _ continuation: CheckedContinuation<Void, any Error>
    ) {
        if let failure {
            continuation.resume(throwing: failure)
        } else if ending != nil || outbox.isFinished || !prepare() {
            var error = RPCError(code: .cancelled, message: "the call has ended")
            if case .failure(let reason) = ending { error = reason }
            continuation.resume(throwing: error)
        } else {
            outbox.append(bytes)
            connection?.resume(self)
            if outbox.count <= Outbox.lowWater {
                continuation.resume()
            } else {
                writers.append(continuation)
                if isCancelled { cancelWaiting() }
            }
        }
    }

    /// The task was cancelled: what waits now or later fails. Sticky, because the cancellation may overtake the
    /// reader's own hop to the loop.
    private func cancelWaiting() {
        isCancelled = true
        let error = RPCError(code: .cancelled, message: "the task of the call was cancelled")
        if let waiting = reader {
            reader = nil
            waiting.resume(throwing: error)
        }
        resumeWriters(throwing: error)
    }
}

extension HTTP2Stream {
    /// The error that ended the stream, where one did. On the loop's thread.
    package var currentFailure: RPCError? { failure }

    /// Nothing more is written. On the loop's thread; works before the stream is on a connection too.
    package func finishWriting() {
        outbox.isFinished = true
        connection?.resume(self)
    }
}
