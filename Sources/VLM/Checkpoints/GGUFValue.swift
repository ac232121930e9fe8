/// A metadata value of a GGUF file.
enum GGUFValue: Sendable {
    case integer(Int64)
    case unsigned(UInt64)
    case float(Double)
    case bool(Bool)
    case string(String)
    case strings([String])
    case integers([Int64])
    case floats([Float])

    /// Reads a value of the given type code (GGUF specification, `gguf_metadata_value_type`).
    static func read(type: UInt32, from reader: inout ByteReader) throws -> GGUFValue {
        switch type {
        case 8: return .string(try readString(&reader))
        case 9: return try readArray(&reader)
        default: return try readScalar(type, &reader)
        }
    }

    private static func readString(_ reader: inout ByteReader) throws -> String {
        let count = try reader.readCount()
        return try reader.readString(count)
    }

    private static func readScalar(_ type: UInt32, _ reader: inout ByteReader) throws -> GGUFValue {
        switch type {
        case 0: .integer(Int64(try reader.read(UInt8.self)))
        case 1: .integer(Int64(try reader.read(Int8.self)))
        case 2: .integer(Int64(try reader.read(UInt16.self)))
        case 3: .integer(Int64(try reader.read(Int16.self)))
        case 4: .integer(Int64(try reader.read(UInt32.self)))
        case 5: .integer(Int64(try reader.read(Int32.self)))
        case 6: .float(Double(Float(bitPattern: try reader.read(UInt32.self))))
        case 7: .bool(try reader.read(UInt8.self) != 0)
        case 10: .unsigned(try reader.read(UInt64.self))
        case 11: .integer(try reader.read(Int64.self))
        case 12: .float(Double(bitPattern: try reader.read(UInt64.self)))
        default:
            throw VLMError(.checkpointMalformed, "\(reader.file) uses the unknown metadata type \(type)")
        }
    }

    /// Items of an array: vocabularies are the longest ones.
    private static let mostItems = 1 << 24

    /// Arrays may not nest here: no model file needs it, and recursion on a stranger's file is a stack overflow.
    private static func readArray(_ reader: inout ByteReader) throws -> GGUFValue {
        let element: UInt32 = try reader.read()
        let count = try reader.readCount()
        // Eight bytes here for each one of the file.
        guard count <= mostItems else {
            throw VLMError(.checkpointMalformed, "\(reader.file) has a metadata array of \(count) items")
        }
        if element == 8 {
            var strings: [String] = []
            for _ in 0..<count { strings.append(try readString(&reader)) }
            return .strings(strings)
        }
        var integers: [Int64] = []
        var floats: [Float] = []
        for _ in 0..<count {
            switch try readScalar(element, &reader) {
            case .integer(let value): integers.append(value)
            case .unsigned(let value): integers.append(Int64(clamping: value))
            case .bool(let value): integers.append(value ? 1 : 0)
            case .float(let value): floats.append(Float(value))
            case .string, .strings, .integers, .floats: break
            }
        }
        return floats.isEmpty ? .integers(integers) : .floats(floats)
    }
}
