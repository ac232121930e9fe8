/// The table of contents of a zip archive whose members are stored, not compressed, as PyTorch writes them.
struct ZipDirectory {
    /// Where each member's bytes lie in the file.
    let members: [String: Range<Int>]

    /// Reads the central directory; throws `checkpointMalformed` for anything inconsistent, and `unsupported` for
    /// compressed or encrypted members. Format: PKWARE APPNOTE 4.3.
    init(_ bytes: UnsafeRawBufferPointer, file: String) throws {
        var (count, start) = try Self.findDirectory(bytes, file: file)
        var members: [String: Range<Int>] = [:]
        while count > 0 {
            var reader = ByteReader(bytes, file: file, offset: start)
            guard try reader.read(UInt32.self) == 0x0201_4b50 else { throw Self.malformed(file, "a broken entry") }
            _ = try reader.readBytes(4)
            let flags: UInt16 = try reader.read()
            let method: UInt16 = try reader.read()
            guard method == 0, flags & 1 == 0 else {
                throw VLMError(
                    .unsupported, "\(file) holds compressed or encrypted members: save it again with torch.save")
            }
            _ = try reader.readBytes(8)
            var size = UInt64(try reader.read(UInt32.self))
            let plainSize: UInt32 = try reader.read()
            let nameLength = Int(try reader.read(UInt16.self))
            let extraLength = Int(try reader.read(UInt16.self))
            let commentLength = Int(try reader.read(UInt16.self))
            _ = try reader.readBytes(8)
            var header = UInt64(try reader.read(UInt32.self))
            let name = try reader.readString(nameLength)
            try Self.readZip64(&reader, extraLength, plainSize: plainSize, size: &size, header: &header)
            _ = try reader.readBytes(commentLength)
            let content = try Self.content(bytes, header: header, size: size, file: file)
            guard members.updateValue(content, forKey: name) == nil else {
                throw Self.malformed(file, "two members of one name")
            }
            start = reader.offset
            count -= 1
        }
        self.members = members
    }

    private static func findDirectory(_ bytes: UnsafeRawBufferPointer, file: String) throws -> (count: Int, start: Int)
    {
        // The end record is 22 bytes and may be followed by a comment of up to 65,535.
        var position = bytes.count - 22
        let last = max(0, position - 65_535)
        while position >= last {
            var reader = ByteReader(bytes, file: file, offset: position)
            if try reader.read(UInt32.self) == 0x0605_4b50 {
                _ = try reader.readBytes(6)
                let count: UInt16 = try reader.read()
                _ = try reader.readBytes(4)
                let start: UInt32 = try reader.read()
                if start != .max && count != .max { return (Int(count), Int(start)) }
                return try findZip64Directory(bytes, before: position, file: file)
            }
            position -= 1
        }
        throw malformed(file, "no end record: the file is cut")
    }

    private static func findZip64Directory(
        _ bytes: UnsafeRawBufferPointer, before end: Int, file: String
    ) throws -> (count: Int, start: Int) {
        guard end >= 20 else { throw malformed(file, "no zip64 locator") }
        var locator = ByteReader(bytes, file: file, offset: end - 20)
        guard try locator.read(UInt32.self) == 0x0706_4b50 else { throw malformed(file, "no zip64 locator") }
        _ = try locator.readBytes(4)
        var record = ByteReader(bytes, file: file)
        try record.seek(to: Int(clamping: try locator.read(UInt64.self)))
        guard try record.read(UInt32.self) == 0x0606_4b50 else { throw malformed(file, "no zip64 end record") }
        _ = try record.readBytes(28)
        let count: UInt64 = try record.read()
        _ = try record.readBytes(8)
        let start: UInt64 = try record.read()
        return (Int(clamping: count), Int(clamping: start))
    }

    private static func readZip64(
        _ reader: inout ByteReader, _ length: Int, plainSize: UInt32, size: inout UInt64, header: inout UInt64
    ) throws {
        let end = reader.offset + length
        while reader.offset + 4 <= end {
            let id: UInt16 = try reader.read()
            let fieldEnd = reader.offset + 2 + Int(try reader.read(UInt16.self))
            if id == 1 {
                if plainSize == .max { _ = try reader.read(UInt64.self) }
                if size == UInt64(UInt32.max) { size = try reader.read() }
                if header == UInt64(UInt32.max) { header = try reader.read() }
            }
            try reader.seek(to: fieldEnd)
        }
        try reader.seek(to: end)
    }

    private static func content(
        _ bytes: UnsafeRawBufferPointer, header: UInt64, size: UInt64, file: String
    ) throws -> Range<Int> {
        var reader = ByteReader(bytes, file: file)
        try reader.seek(to: Int(clamping: header))
        guard try reader.read(UInt32.self) == 0x0403_4b50 else { throw malformed(file, "a member without header") }
        _ = try reader.readBytes(22)
        let nameLength = Int(try reader.read(UInt16.self))
        let extraLength = Int(try reader.read(UInt16.self))
        _ = try reader.readBytes(nameLength + extraLength)
        guard size <= UInt64(reader.remaining) else { throw malformed(file, "a member beyond the end") }
        return reader.offset..<reader.offset + Int(size)
    }

    private static func malformed(_ file: String, _ what: String) -> VLMError {
        VLMError(.checkpointMalformed, "\(file) is a damaged zip archive: \(what)")
    }
}
