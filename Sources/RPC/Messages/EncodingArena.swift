internal import CProtobufC

/// Memory of one message while protobuf-c packs it: the C structs and copies of text and bytes they point to.
/// Whoever makes one calls `free()` when packing is done.
struct EncodingArena {
    private var blocks: [UnsafeMutableRawPointer] = []

    private mutating func allocate<Element>(_ count: Int, of _: Element.Type) -> UnsafeMutablePointer<Element> {
        let pointer = UnsafeMutablePointer<Element>.allocate(capacity: max(count, 1))
        blocks.append(UnsafeMutableRawPointer(pointer))
        return pointer
    }

    /// Frees the memory. Only plain C values are in it: nothing needs deinitialising.
    mutating func free() {
        for block in blocks { block.deallocate() }
        blocks = []
    }

    mutating func bytes(_ value: [UInt8]) -> ProtobufCBinaryData {
        guard !value.isEmpty else { return ProtobufCBinaryData(len: 0, data: nil) }
        let copy = allocate(value.count, of: UInt8.self)
        copy.initialize(from: value, count: value.count)
        return ProtobufCBinaryData(len: value.count, data: copy)
    }

    /// Text without NUL: a peer that reads C strings would see it cut there.
    mutating func text(_ value: String, field: String) throws -> ProtobufCBinaryData {
        let utf8 = Array(value.utf8)
        guard !utf8.contains(0) else {
            throw MessageError(code: .invalidText, message: "\(field) holds a NUL; remove it")
        }
        return bytes(utf8)
    }

    mutating func scalars<Element: BitwiseCopyable>(_ values: [Element]) -> UnsafeMutablePointer<Element> {
        let copy = allocate(values.count, of: Element.self)
        copy.initialize(from: values, count: values.count)
        return copy
    }

    mutating func elements<Value, C: BitwiseCopyable>(
        _ values: [Value], _ convert: (Value, inout EncodingArena) throws -> C
    ) throws -> UnsafeMutablePointer<C> {
        let copy = allocate(values.count, of: C.self)
        for (index, value) in values.enumerated() { (copy + index).initialize(to: try convert(value, &self)) }
        return copy
    }

    mutating func message<Value, C>(
        _ value: Value, _ initialize: (UnsafeMutablePointer<C>) -> Void,
        _ fill: (Value, inout C, inout EncodingArena) throws -> Void
    ) throws -> UnsafeMutablePointer<C> {
        let pointer = allocate(1, of: C.self)
        initialize(pointer)
        try fill(value, &pointer.pointee, &self)
        return pointer
    }

    mutating func messages<Value, C>(
        _ values: [Value], _ initialize: (UnsafeMutablePointer<C>) -> Void,
        _ fill: (Value, inout C, inout EncodingArena) throws -> Void
    ) throws -> UnsafeMutablePointer<UnsafeMutablePointer<C>?> {
        let pointers = allocate(values.count, of: UnsafeMutablePointer<C>?.self)
        for (index, value) in values.enumerated() {
            (pointers + index).initialize(to: try message(value, initialize, fill))
        }
        return pointers
    }
}

/// Packs one message through its C struct.
enum MessageEncoding {
    static func encode<C>(
        _ initialize: (UnsafeMutablePointer<C>) -> Void, _ size: (UnsafePointer<C>) -> Int,
        _ pack: (UnsafePointer<C>, UnsafeMutablePointer<UInt8>) -> Int,
        _ fill: (inout C, inout EncodingArena) throws -> Void
    ) throws -> [UInt8] {
        var arena = EncodingArena()
        defer { arena.free() }
        let root = UnsafeMutablePointer<C>.allocate(capacity: 1)
        defer { root.deallocate() }
        initialize(root)
        try fill(&root.pointee, &arena)
        let count = size(root)
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, written in
            guard let base = buffer.baseAddress, count > 0 else { return }
            written = pack(root, base)
        }
    }
}
