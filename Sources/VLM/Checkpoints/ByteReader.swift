/// A bounds-checked cursor over little-endian bytes; every read past the end throws.
struct ByteReader {
    let bytes: UnsafeRawBufferPointer
    let file: String
    private(set) var offset: Int

    init(_ bytes: UnsafeRawBufferPointer, file: String, offset: Int = 0) {
        self.bytes = bytes
        self.file = file
        self.offset = offset
    }

    var remaining: Int { bytes.count - offset }

    mutating func read<T: FixedWidthInteger>(_ type: T.Type = T.self) throws -> T {
        guard remaining >= MemoryLayout<T>.size else { throw truncated() }
        defer { offset += MemoryLayout<T>.size }
        return T(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: T.self))
    }

    /// A length that must fit what is left of the file, `stride` bytes for each unit.
    mutating func readCount(stride: Int = 1) throws -> Int {
        let count: UInt64 = try read()
        guard count <= UInt64(remaining / max(stride, 1)) else { throw truncated() }
        return Int(count)
    }

    mutating func readBytes(_ count: Int) throws -> UnsafeRawBufferPointer {
        guard count >= 0, count <= remaining else { throw truncated() }
        defer { offset += count }
        return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
    }

    mutating func readString(_ count: Int) throws -> String {
        let raw = try readBytes(count)
        guard let text = String(validating: raw, as: UTF8.self) else {
            throw VLMError(.checkpointMalformed, "\(file) holds text that is not UTF-8 at byte \(offset - count)")
        }
        return text
    }

    /// Reads to the next newline, which is consumed and not returned.
    mutating func readLine(limit: Int) throws -> String {
        guard let end = bytes[offset...].prefix(limit).firstIndex(of: UInt8(ascii: "\n")) else { throw truncated() }
        let line = try readString(end - offset)
        offset += 1
        return line
    }

    mutating func seek(to position: Int) throws {
        guard position >= 0, position <= bytes.count else { throw truncated() }
        offset = position
    }

    private func truncated() -> VLMError {
        VLMError(.checkpointMalformed, "\(file) ends early or states a length beyond its end (byte \(offset))")
    }
}
