internal import CProtobufC

#if canImport(Glibc)
    internal import Glibc
#endif

/// Unpacks one message through its C struct, within limits.
enum MessageDecoding {
    /// Unpacking allocates through a budget, because an unpacked form may be sixty times its frame: a flood of
    /// empty sub-messages is refused when the budget is used up, and everything allocated is freed again.
    static func decode<C, Value>(
        _ bytes: [UInt8], _ limits: MessageLimits, _ name: String,
        _ unpack: (UnsafeMutablePointer<ProtobufCAllocator>?, Int, UnsafePointer<UInt8>?) -> UnsafeMutablePointer<C>?,
        _ release: (UnsafeMutablePointer<C>?, UnsafeMutablePointer<ProtobufCAllocator>?) -> Void,
        _ convert: (C) throws -> Value
    ) throws -> Value {
        guard bytes.count <= limits.frameBytes else {
            throw MessageError(
                code: .tooLarge,
                message: "\(name) has \(bytes.count) bytes; at most \(limits.frameBytes) are allowed")
        }
        var remaining = limits.unpackedBytes
        return try withUnsafeMutablePointer(to: &remaining) { budget in
            var allocator = ProtobufCAllocator(
                alloc: { data, size in
                    guard let budget = data?.assumingMemoryBound(to: Int.self), size <= budget.pointee else {
                        return nil
                    }
                    budget.pointee -= size
                    return malloc(size)
                },
                free: { _, pointer in free(pointer) },
                allocator_data: UnsafeMutableRawPointer(budget))
            // A nil pointer for no bytes would be read by protobuf-c: an empty message passes one byte it ignores.
            let source = bytes.isEmpty ? [0] : bytes
            guard let message = source.withUnsafeBufferPointer({ unpack(&allocator, bytes.count, $0.baseAddress) })
            else {
                throw MessageError(
                    code: .malformed,
                    message: "not a \(name), or one whose parts need more than \(limits.unpackedBytes) bytes")
            }
            defer { release(message, &allocator) }
            return try convert(message.pointee)
        }
    }

    static func bytes(_ value: ProtobufCBinaryData) -> [UInt8] {
        [UInt8](UnsafeBufferPointer(start: value.data, count: value.data == nil ? 0 : value.len))
    }

    static func text(_ value: ProtobufCBinaryData, field: String) throws -> String {
        let buffer = UnsafeBufferPointer(start: value.data, count: value.data == nil ? 0 : value.len)
        guard !buffer.contains(0), let text = String(validating: buffer, as: UTF8.self) else {
            throw MessageError(code: .invalidText, message: "\(field) is not UTF-8 text without NUL")
        }
        return text
    }

    static func message<C, Value>(_ pointer: UnsafeMutablePointer<C>?, _ convert: (C) throws -> Value) throws -> Value?
    {
        guard let pointer else { return nil }
        return try convert(pointer.pointee)
    }

    static func messages<C, Value>(
        _ pointers: UnsafeMutablePointer<UnsafeMutablePointer<C>?>?, _ count: Int, _ convert: (C) throws -> Value
    ) throws -> [Value] {
        try UnsafeBufferPointer(start: pointers, count: pointers == nil ? 0 : count).compactMap {
            try message($0, convert)
        }
    }

    static func elements<C, Value>(
        _ pointer: UnsafeMutablePointer<C>?, _ count: Int, _ convert: (C) throws -> Value
    ) throws -> [Value] {
        try UnsafeBufferPointer(start: pointer, count: pointer == nil ? 0 : count).map(convert)
    }
}
