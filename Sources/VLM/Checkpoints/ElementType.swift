/// Types of tensor elements, by their safetensors names.
public enum ElementType: String, Sendable, CaseIterable {
    case f64 = "F64"
    case f32 = "F32"
    case f16 = "F16"
    case bf16 = "BF16"
    case i64 = "I64"
    case i32 = "I32"
    case i16 = "I16"
    case i8 = "I8"
    case u8 = "U8"
    case bool = "BOOL"

    /// Bytes of one element.
    public var size: Int {
        switch self {
        case .f64, .i64: 8
        case .f32, .i32: 4
        case .f16, .bf16, .i16: 2
        case .i8, .u8, .bool: 1
        }
    }
}

/// Conversions between stored bytes and 32-bit floats. Every stored number is little-endian.
enum ElementCoding {
    /// Reads `count` floating-point elements; the caller has checked that the bytes are there.
    /// Returns nil for types that are not floating point.
    static func floats(_ bytes: UnsafeRawBufferPointer, count: Int, type: ElementType) -> [Float]? {
        switch type {
        case .f32:
            [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
                if count > 0 {
                    UnsafeMutableRawBufferPointer(buffer).copyMemory(
                        from: UnsafeRawBufferPointer(rebasing: bytes[0..<count * 4]))
                }
                initialized = count
            }
        case .f16:
            (0..<count).map { Float(Float16(bitPattern: bytes.loadUnaligned(fromByteOffset: $0 * 2, as: UInt16.self))) }
        case .bf16:
            (0..<count).map { float(bfloat16: bytes.loadUnaligned(fromByteOffset: $0 * 2, as: UInt16.self)) }
        case .f64:
            (0..<count).map { Float(bytes.loadUnaligned(fromByteOffset: $0 * 8, as: Double.self)) }
        case .i64, .i32, .i16, .i8, .u8, .bool:
            nil
        }
    }

    static func float(bfloat16 bits: UInt16) -> Float { Float(bitPattern: UInt32(bits) << 16) }

    /// Rounds to nearest even; a NaN stays a NaN.
    static func bfloat16(_ value: Float) -> UInt16 {
        if value.isNaN { return 0x7fc0 }
        let bits = value.bitPattern
        return UInt16(truncatingIfNeeded: (bits &+ 0x7fff &+ ((bits >> 16) & 1)) >> 16)
    }

    static func append(_ value: Float, as type: ElementType, to bytes: inout [UInt8]) {
        switch type {
        case .f32: append(value.bitPattern, to: &bytes)
        case .f16: append(Float16(value).bitPattern, to: &bytes)
        case .bf16: append(bfloat16(value), to: &bytes)
        case .f64: append(Double(value).bitPattern, to: &bytes)
        case .i64, .i32, .i16, .i8, .u8, .bool:
            preconditionFailure("floats are stored as a floating-point type, not \(type.rawValue)")
        }
    }

    static func append<T: FixedWidthInteger>(_ value: T, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }
}
