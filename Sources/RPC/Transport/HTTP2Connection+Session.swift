internal import CNghttp2
internal import RPCCore

/// nghttp2's callbacks. They only record and answer; nothing here feeds, drains or deletes the session.
extension HTTP2Connection {
    static func from(_ context: UnsafeMutableRawPointer?) -> HTTP2Connection? {
        context.map { Unmanaged<HTTP2Connection>.fromOpaque($0).takeUnretainedValue() }
    }

    func makeSession() throws -> OpaquePointer {
        var callbacks: OpaquePointer?
        var option: OpaquePointer?
        guard nghttp2_session_callbacks_new(&callbacks) == 0, nghttp2_option_new(&option) == 0 else {
            throw TransportError.unavailable("a connection cannot be set up: out of memory")
        }
        defer {
            nghttp2_session_callbacks_del(callbacks)
            nghttp2_option_del(option)
        }
        Self.install(callbacks)
        // The window is returned when a message is read, not when bytes arrive: that is the back-pressure.
        nghttp2_option_set_no_auto_window_update(option, 1)
        nghttp2_option_set_max_settings(option, 32)
        // A header list above the limit ends the connection, so a block needs no more frames than this.
        nghttp2_option_set_max_continuations(option, 4)
        let context = Unmanaged.passUnretained(self).toOpaque()
        var made: OpaquePointer?
        let status =
            role == .server
            ? nghttp2_session_server_new2(&made, callbacks, context, option)
            : nghttp2_session_client_new2(&made, callbacks, context, option)
        guard status == 0, let made else { throw TransportError.unavailable(Self.text(status)) }
        var entries = [
            nghttp2_settings_entry(
                settings_id: Int32(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE.rawValue),
                value: UInt32(clamping: settings.initialWindow)),
            nghttp2_settings_entry(
                settings_id: Int32(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE.rawValue),
                value: UInt32(clamping: settings.maximumHeaderListBytes)),
            nghttp2_settings_entry(
                settings_id: Int32(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS.rawValue),
                value: UInt32(clamping: settings.maximumConcurrentStreams)),
        ]
        if role == .client {
            entries.append(
                nghttp2_settings_entry(settings_id: Int32(NGHTTP2_SETTINGS_ENABLE_PUSH.rawValue), value: 0))
        }
        nghttp2_submit_settings(made, UInt8(NGHTTP2_FLAG_NONE.rawValue), entries, entries.count)
        let window = role == .client ? settings.openWindow : settings.initialWindow
        nghttp2_session_set_local_window_size(
            made, UInt8(NGHTTP2_FLAG_NONE.rawValue), 0, Int32(clamping: max(window, 65_535)))
        return made
    }

    private static func install(_ callbacks: OpaquePointer?) {
        nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks) { _, frame, context in
            if let connection = HTTP2Connection.from(context), let frame { connection.beginHeaders(frame.pointee) }
            return 0
        }
        nghttp2_session_callbacks_set_on_header_callback(callbacks) {
            _, frame, name, nameCount, value, valueCount, _, context in
            guard let connection = HTTP2Connection.from(context), let frame else { return 0 }
            let name = UnsafeBufferPointer(start: name, count: nameCount)
            let value = UnsafeBufferPointer(start: value, count: valueCount)
            return connection.header(frame.pointee.hd.stream_id, name, value)
        }
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks) { session, _, id, data, count, context in
            guard let connection = HTTP2Connection.from(context), let stream = connection.streams[id] else {
                nghttp2_session_consume_connection(session, count)
                return 0
            }
            if stream.holdsConnection {
                stream.heldForConnection += count
            } else {
                nghttp2_session_consume_connection(session, count)
            }
            stream.received(UnsafeRawBufferPointer(start: data, count: count))
            return connection.verdict
        }
        nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks) { _, frame, context in
            guard let connection = HTTP2Connection.from(context), let frame else { return 0 }
            connection.received(frame.pointee)
            return connection.verdict
        }
        nghttp2_session_callbacks_set_on_frame_send_callback(callbacks) { _, frame, context in
            if let connection = HTTP2Connection.from(context), let frame { connection.sent(frame.pointee) }
            return 0
        }
        nghttp2_session_callbacks_set_on_stream_close_callback(callbacks) { _, id, code, context in
            if let connection = HTTP2Connection.from(context) { connection.closed(id, code) }
            return 0
        }
    }

    private func beginHeaders(_ frame: nghttp2_frame) {
        let id = frame.hd.stream_id
        if role == .server, frame.headers.cat == NGHTTP2_HCAT_REQUEST {
            // Nothing is read before the call is authorised: the inbox stays closed until then.
            let stream = HTTP2Stream(loop: loop, inbox: Inbox(messageLimit: 0, isOpen: false), endsWithStatus: false)
            stream.id = id
            stream.connection = self
            streams[id] = stream
            delegate?.connection(self, opened: stream)
        }
        streams[id]?.receivingHeaders = []
        streams[id]?.receivingHeaderBytes = 0
        streams[id]?.isReadingHeaders = true
    }

    /// One field of a header block. Decoding stops at the limit: a block of a few bytes may stand for megabytes.
    private func header(
        _ id: Int32, _ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>
    ) -> Int32 {
        guard let stream = streams[id] else { return 0 }
        stream.receivingHeaderBytes += name.count + value.count + 32
        guard stream.receivingHeaderBytes <= settings.maximumHeaderListBytes else {
            if role == .server {
                calm(FloodGuard.oversizedHeaders)
            } else {
                fail(RPCError(code: .resourceExhausted, message: "the response's headers are too large"))
            }
            return verdict
        }
        stream.receivingHeaders.append(
            HeaderField(String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self)))
        return 0
    }

    private func received(_ frame: nghttp2_frame) {
        let ends = frame.hd.flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0
        switch UInt32(frame.hd.type) {
        case NGHTTP2_HEADERS.rawValue:
            guard let stream = streams[frame.hd.stream_id] else { return }
            let headers = stream.receivingHeaders
            stream.receivingHeaders = []
            stream.isReadingHeaders = false
            if role == .server, !isRecognized {
                heed(guarding.strangersHeaders(stream.receivingHeaderBytes, now: loop.now))
            }
            if ends { stream.remoteEnded = true }
            stream.delegate?.streamReceived(headers: headers, ends: ends)
            if ends { stream.receivedEnd() }
        case NGHTTP2_DATA.rawValue:
            if ends {
                streams[frame.hd.stream_id]?.receivedEnd()
            } else if frame.hd.length == 0 {
                strike()
            }
        case NGHTTP2_RST_STREAM.rawValue, NGHTTP2_SETTINGS.rawValue, NGHTTP2_PRIORITY.rawValue,
            NGHTTP2_PRIORITY_UPDATE.rawValue:
            strike()
        case NGHTTP2_WINDOW_UPDATE.rawValue: heed(guarding.windowUpdate(now: loop.now))
        case NGHTTP2_PING.rawValue:
            let isAnswer = frame.hd.flags & UInt8(NGHTTP2_FLAG_ACK.rawValue) != 0
            if isAnswer { strike() } else { heed(guarding.ping(now: loop.now)) }
        case NGHTTP2_GOAWAY.rawValue:
            isDraining = true
            note(goAway: frame.goaway)
            delegate?.connectionDraining(self)
        default: break
        }
    }

    private func sent(_ frame: nghttp2_frame) {
        guard role == .server else { return }
        switch UInt32(frame.hd.type) {
        case NGHTTP2_DATA.rawValue: guarding.sentData()
        case NGHTTP2_RST_STREAM.rawValue:
            // Whatever the reason, a client that makes the server reset streams resets them itself.
            strike()
        case NGHTTP2_HEADERS.rawValue:
            guard frame.hd.flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0, let session,
                let stream = streams[frame.hd.stream_id], !stream.remoteEnded
            else { return }
            // The response is whole and the client still sends: tell it to stop (RFC 9113, section 8.1).
            nghttp2_submit_rst_stream(
                session, UInt8(NGHTTP2_FLAG_NONE.rawValue), frame.hd.stream_id, UInt32(NGHTTP2_NO_ERROR.rawValue))
        default: break
        }
    }

    private func closed(_ id: Int32, _ code: UInt32) {
        guard let stream = streams.removeValue(forKey: id) else { return }
        releaseConnection(stream)
        stream.connection = nil
        stream.delegate?.streamClosed(errorCode: code)
        if isDraining, streams.isEmpty { scheduleFlush() }
    }
}
