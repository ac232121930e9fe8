internal import CNghttp2
package import RPCCore

/// Requests of a stream to its connection.
extension HTTP2Connection {
    /// Sends a request's header block on a new stream. Throws when the connection takes no more streams.
    package func open(_ stream: HTTP2Stream, headers: [HeaderField]) throws {
        guard let session, !isDraining else { throw TransportError.unavailable("the connection takes no new calls") }
        // Otherwise the server would end the connection, and the other calls with it.
        let limit = nghttp2_session_get_remote_settings(session, NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE)
        let bytes = headers.reduce(0) { $0 + $1.listBytes }
        guard bytes <= Int(limit) else {
            throw RPCError(
                code: .resourceExhausted,
                message: "the call's headers have \(bytes) bytes, the server takes \(limit); send less metadata")
        }
        let id = Self.withFields(headers) { fields, count in
            var provider = Self.provider()
            return nghttp2_submit_request(session, nil, fields, count, &provider, nil)
        }
        guard id > 0 else {
            isDraining = true
            throw TransportError.unavailable("the connection takes no new calls (\(Self.text(id)))")
        }
        stream.id = id
        stream.connection = self
        streams[id] = stream
        scheduleFlush()
    }

    /// Sends a response's header block. With `ends` nothing follows it, else data and trailers do.
    package func respond(_ stream: HTTP2Stream, headers: [HeaderField], ends: Bool) {
        guard let session, streams[stream.id] === stream else { return }
        Self.withFields(headers) { fields, count in
            var provider = Self.provider()
            if ends {
                nghttp2_submit_response(session, stream.id, fields, count, nil)
            } else {
                nghttp2_submit_response(session, stream.id, fields, count, &provider)
            }
        }
        scheduleFlush()
    }

    /// Ends this side of a stream after what is queued, with trailers where given.
    package func finish(_ stream: HTTP2Stream, trailers: [HeaderField]?) {
        stream.outbox.isFinished = true
        stream.outbox.trailers = trailers?.map { ($0.name, $0.value) }
        resume(stream)
    }

    /// Resets a stream.
    package func reset(_ stream: HTTP2Stream, cancelled: Bool) {
        guard let session, streams[stream.id] === stream else { return }
        let code = cancelled ? NGHTTP2_CANCEL : NGHTTP2_NO_ERROR
        nghttp2_submit_rst_stream(session, UInt8(NGHTTP2_FLAG_NONE.rawValue), stream.id, UInt32(code.rawValue))
        scheduleFlush()
    }

    /// The stream's outbox changed.
    func resume(_ stream: HTTP2Stream) {
        guard let session, streams[stream.id] === stream else { return }
        nghttp2_session_resume_data(session, stream.id)
        scheduleFlush()
    }

    /// Returns a stream's window for bytes that were read. The connection's own window was returned on arrival, once
    /// the call was authorised: one slow reader must not stop the others.
    func release(_ stream: HTTP2Stream, bytes: Int) {
        guard let session, streams[stream.id] === stream else { return }
        nghttp2_session_consume_stream(session, stream.id, bytes)
        scheduleFlush()
    }

    /// Returns the connection's window for bytes of a stream that were held until its call was authorised.
    func releaseConnection(_ stream: HTTP2Stream) {
        stream.holdsConnection = false
        let count = stream.heldForConnection
        guard let session, count > 0 else { return }
        stream.heldForConnection = 0
        nghttp2_session_consume_connection(session, count)
        scheduleFlush()
    }

    func widen(_ stream: HTTP2Stream, to window: Int) {
        guard let session, streams[stream.id] === stream, !stream.remoteEnded else { return }
        nghttp2_session_set_local_window_size(
            session, UInt8(NGHTTP2_FLAG_NONE.rawValue), stream.id, Int32(clamping: window))
        scheduleFlush()
    }

    static func provider() -> nghttp2_data_provider {
        var provider = nghttp2_data_provider()
        provider.read_callback = { session, id, buffer, capacity, flags, _, context in
            guard let connection = HTTP2Connection.from(context), let stream = connection.streams[id], let buffer,
                let flags
            else { return Int(NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue) }
            let count = stream.outbox.read(into: buffer, capacity: capacity)
            stream.outboxDrained()
            guard stream.outbox.count == 0 else { return count }
            guard stream.outbox.isFinished else { return count > 0 ? count : Int(NGHTTP2_ERR_DEFERRED.rawValue) }
            flags.pointee |= UInt32(NGHTTP2_DATA_FLAG_EOF.rawValue)
            if let trailers = stream.outbox.trailers {
                flags.pointee |= UInt32(NGHTTP2_DATA_FLAG_NO_END_STREAM.rawValue)
                HTTP2Connection.withFields(trailers.map { HeaderField($0.0, $0.1) }) { fields, length in
                    nghttp2_submit_trailer(session, id, fields, length)
                }
            }
            return count
        }
        return provider
    }

    /// nghttp2 copies the fields before it returns.
    @discardableResult
    static func withFields<Result>(
        _ headers: [HeaderField], _ body: (UnsafePointer<nghttp2_nv>?, Int) -> Result
    ) -> Result {
        var text: [UInt8] = []
        for header in headers {
            text += header.name.utf8
            text += header.value.utf8
        }
        text.append(0)
        return text.withUnsafeMutableBufferPointer { buffer in
            var fields: [nghttp2_nv] = []
            fields.reserveCapacity(headers.count)
            var offset = 0
            for header in headers {
                let (name, value) = (header.name.utf8.count, header.value.utf8.count)
                fields.append(
                    nghttp2_nv(
                        name: buffer.baseAddress.map { $0 + offset },
                        value: buffer.baseAddress.map { $0 + offset + name },
                        namelen: name, valuelen: value, flags: UInt8(NGHTTP2_NV_FLAG_NONE.rawValue)))
                offset += name + value
            }
            return body(fields, fields.count)
        }
    }
}
