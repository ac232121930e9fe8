internal import CNghttp2
internal import RPCCore

/// Ends connections because of what the peer does.
extension HTTP2Connection {
    /// What a callback returns to nghttp2: stop reading once the connection is to end.
    var verdict: Int32 { pendingFailure == nil ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE.rawValue }

    /// The peer caused work that brings it nothing.
    func strike() { heed(guarding.strike(now: loop.now)) }

    /// Ends the connection where there is a complaint about a client.
    func heed(_ complaint: FloodGuard.Complaint?) {
        if role == .server, let complaint { calm(complaint) }
    }

    /// Whether nghttp2 itself detected a flood.
    func isFlood(_ error: Int) -> Bool {
        role == .server
            && [NGHTTP2_ERR_FLOODED.rawValue, NGHTTP2_ERR_TOO_MANY_CONTINUATIONS.rawValue].contains(Int32(error))
    }

    /// A call was refused by its headers.
    package func refusedCall() { strike() }

    /// A peer that floods: GOAWAY with ENHANCE_YOUR_CALM and the reason, then the end. The frame is written by hand,
    /// after what the session has written: the session itself may not be asked any more.
    func calm(_ complaint: FloodGuard.Complaint) {
        guard let session, parting == nil else { return }
        let last = UInt32(bitPattern: nghttp2_session_get_last_proc_stream_id(session))
        let data = Array(complaint.data.utf8)
        let code = UInt32(NGHTTP2_ENHANCE_YOUR_CALM.rawValue)
        func bytes(_ number: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) } }
        parting =
            bytes(UInt32(8 + data.count)).dropFirst() + [UInt8(NGHTTP2_GOAWAY.rawValue), 0] + bytes(0) + bytes(last)
            + bytes(code) + data
        fail(RPCError(code: .resourceExhausted, message: complaint.message))
    }

    /// Answers that nobody reads pile up in the session, where no window bounds them: resets, acknowledgements,
    /// refusals. Streams alone, a hundred of them, have a few each.
    func refuseUnreadAnswers() {
        guard role == .server, let session, nghttp2_session_get_outbound_queue_size(session) > 2048 else { return }
        calm(FloodGuard.unreadAnswers)
    }

    /// Keeps why a server ends the connection, so that calls fail with it.
    func note(goAway frame: nghttp2_goaway) {
        guard role == .client, frame.error_code != 0 else { return }
        let data = UnsafeBufferPointer(start: frame.opaque_data, count: min(Int(frame.opaque_data_len), 64))
        let text = String(decoding: data.filter { (0x21...0x7E).contains($0) }, as: UTF8.self)
        let reason = text.isEmpty ? "" : " (\(text))"
        peersReason =
            frame.error_code == UInt32(NGHTTP2_ENHANCE_YOUR_CALM.rawValue)
            ? RPCError(
                code: .resourceExhausted,
                message: "the server ended the connection and asks for less\(reason); try again more slowly")
            : TransportError.unavailable(
                "the server ended the connection (HTTP/2 code \(frame.error_code))\(reason); try again")
    }
}
