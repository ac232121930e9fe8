internal import CNghttp2
package import RPCCore

/// Reads the header blocks of one direction of a connection, in order: nghttp2's own decoder of HPACK.
package final class HeaderReader {
    private var inflater: OpaquePointer?

    /// A block that is no HPACK.
    package struct Malformed: Error { let code: Int }

    package init() { nghttp2_hd_inflate_new(&inflater) }

    deinit { nghttp2_hd_inflate_del(inflater) }

    /// The fields of a whole block.
    package func fields(_ block: [UInt8]) throws -> [HeaderField] {
        var found: [HeaderField] = []
        var offset = 0
        while true {
            var field = nghttp2_nv()
            var flags: Int32 = 0
            let taken = block.withUnsafeBufferPointer { buffer in
                nghttp2_hd_inflate_hd2(
                    inflater, &field, &flags, buffer.baseAddress.map { $0 + offset }, buffer.count - offset, 1)
            }
            guard taken >= 0 else { throw Malformed(code: taken) }
            offset += taken
            if flags & Int32(NGHTTP2_HD_INFLATE_EMIT.rawValue) != 0 {
                found.append(HeaderField(Self.text(field.name, field.namelen), Self.text(field.value, field.valuelen)))
            }
            if flags & Int32(NGHTTP2_HD_INFLATE_FINAL.rawValue) != 0 {
                nghttp2_hd_inflate_end_headers(inflater)
                return found
            }
            if taken == 0, flags & Int32(NGHTTP2_HD_INFLATE_EMIT.rawValue) == 0 { throw Malformed(code: 0) }
        }
    }

    private static func text(_ bytes: UnsafeMutablePointer<UInt8>?, _ count: Int) -> String {
        String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
    }
}
