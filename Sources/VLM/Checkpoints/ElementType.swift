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

extension ElementType {
    /// Bits of an element of each type of the safetensors format, those included whose numbers are not read here: a
    /// tensor that nobody reads may have any of them.
    static let bits: [String: Int] = [
        "BOOL": 8, "U8": 8, "I8": 8, "U16": 16, "I16": 16, "U32": 32, "I32": 32, "U64": 64, "I64": 64, "F16": 16,
        "BF16": 16, "F32": 32, "F64": 64, "C64": 64, "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8,
        "F8_E5M2FNUZ": 8, "F6_E2M3": 6, "F6_E3M2": 6, "F4": 4,
    ]
}

/// Conversions between stored bytes and 32-bit floats. Every stored number is little-endian.
enum ElementCoding {
    /// Reads `count` floating-point elements; the caller has checked that the bytes are there.
    /// Returns nil for types that are not floating point.
    static func floats(_ bytes: UnsafeRawBufferPointer, count: Int, type: ElementType) -> [Float]? {
        guard isFloating(type) else { return nil }
        return [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
            if let base = buffer.baseAddress { copy(bytes, count: count, type: type, to: base) }
            initialized = count
        }
    }

    static func isFloating(_ type: ElementType) -> Bool {
        switch type {
        case .f64, .f32, .f16, .bf16: true
        case .i64, .i32, .i16, .i8, .u8, .bool: false
        }
    }

    /// Writes `count` elements of a floating-point type.
    static func copy(
        _ bytes: UnsafeRawBufferPointer, count: Int, type: ElementType, to target: UnsafeMutablePointer<Float>
    ) {
        switch type {
        case .f32:
            if count > 0 {
                UnsafeMutableRawBufferPointer(start: target, count: count * 4).copyMemory(
                    from: UnsafeRawBufferPointer(rebasing: bytes[0..<count * 4]))
            }
        case .f16:
            for index in 0..<count {
                target[index] = Float(
                    Float16(bitPattern: bytes.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self)))
            }
        case .bf16:
            for index in 0..<count {
                target[index] = float(bfloat16: bytes.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self))
            }
        case .f64:
            for index in 0..<count {
                target[index] = Float(bytes.loadUnaligned(fromByteOffset: index * 8, as: Double.self))
            }
        case .i64, .i32, .i16, .i8, .u8, .bool:
            preconditionFailure("\(type.rawValue) is no floating-point type")
        }
    }

    /// The same of numbers stored with their first byte last.
    static func copySwapped(
        _ bytes: UnsafeRawBufferPointer, count: Int, type: ElementType, to target: UnsafeMutablePointer<Float>
    ) {
        for index in 0..<count {
            switch type {
            case .f32:
                target[index] = Float(
                    bitPattern: bytes.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self).byteSwapped)
            case .f64:
                target[index] = Float(
                    Double(bitPattern: bytes.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self).byteSwapped))
            case .f16:
                let bits = bytes.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self).byteSwapped
                target[index] = Float(Float16(bitPattern: bits))
            case .bf16:
                target[index] = float(
                    bfloat16: bytes.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self).byteSwapped)
            case .i64, .i32, .i16, .i8, .u8, .bool:
                preconditionFailure("\(type.rawValue) is no floating-point type")
            }
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
