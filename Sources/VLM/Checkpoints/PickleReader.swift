/// Interprets the few pickle opcodes that a PyTorch state dict consists of. It executes nothing: a global is only
/// a name out of a closed list, and `REDUCE` only knows how to build an ordered dictionary or a tensor view.
struct PickleReader {
    /// Containers may nest this deep: state dicts need 3.
    static let depthLimit = 16
    /// Opcodes a pickle may have: a state dict of 10,000 tensors needs about a million.
    static let operationLimit = 4_000_000

    private var reader: ByteReader
    private var stack: [PickleValue] = []
    private var marks: [Int] = []
    private var memo: [Int: PickleValue] = [:]

    /// Reads one pickle from the reader's position and leaves the reader behind its `STOP`.
    static func read(from reader: inout ByteReader) throws -> PickleValue {
        var pickle = PickleReader(reader: reader)
        let value = try pickle.run()
        reader = pickle.reader
        return value
    }

    private init(reader: ByteReader) { self.reader = reader }

    private mutating func run() throws -> PickleValue {
        for _ in 0..<Self.operationLimit {
            let code: UInt8 = try reader.read()
            if code == UInt8(ascii: ".") { return try pop() }
            if try !pushConstant(code), try !buildContainer(code) { try callOrRemember(code) }
        }
        throw malformed("it has too many instructions")
    }

    private mutating func pushConstant(_ code: UInt8) throws -> Bool {
        switch code {
        case 0x80: _ = try reader.read(UInt8.self)  // PROTO
        case UInt8(ascii: "N"): stack.append(.none)
        case 0x88: stack.append(.bool(true))
        case 0x89: stack.append(.bool(false))
        case UInt8(ascii: "K"): stack.append(.integer(Int(try reader.read(UInt8.self))))
        case UInt8(ascii: "M"): stack.append(.integer(Int(try reader.read(UInt16.self))))
        case UInt8(ascii: "J"): stack.append(.integer(Int(try reader.read(Int32.self))))
        case 0x8a: stack.append(try readLong())
        case UInt8(ascii: "G"):
            stack.append(.float(Double(bitPattern: try reader.read(UInt64.self).byteSwapped)))
        case UInt8(ascii: "X"): stack.append(.string(try readString(Int(try reader.read(UInt32.self)))))
        case 0x8c: stack.append(.string(try readString(Int(try reader.read(UInt8.self)))))
        default: return false
        }
        return true
    }

    private mutating func buildContainer(_ code: UInt8) throws -> Bool {
        switch code {
        case UInt8(ascii: "("): marks.append(stack.count)
        case UInt8(ascii: ")"): stack.append(.tuple([]))
        case UInt8(ascii: "]"): stack.append(.list(PickleList()))
        case UInt8(ascii: "}"): stack.append(.dictionary(PickleDictionary()))
        case UInt8(ascii: "t"): try push(.tuple(try popToMark()))
        case 0x85: try push(.tuple(try pop(count: 1)))
        case 0x86: try push(.tuple(try pop(count: 2)))
        case 0x87: try push(.tuple(try pop(count: 3)))
        case UInt8(ascii: "a"): try append(try pop(count: 1))
        case UInt8(ascii: "e"): try append(try popToMark())
        case UInt8(ascii: "s"): try setItems(try pop(count: 2))
        case UInt8(ascii: "u"): try setItems(try popToMark())
        default: return false
        }
        return true
    }

    private mutating func callOrRemember(_ code: UInt8) throws {
        switch code {
        case UInt8(ascii: "q"): memo[Int(try reader.read(UInt8.self))] = try top()
        case UInt8(ascii: "r"): memo[Int(try reader.read(UInt32.self))] = try top()
        case UInt8(ascii: "h"): try recall(Int(try reader.read(UInt8.self)))
        case UInt8(ascii: "j"): try recall(Int(try reader.read(UInt32.self)))
        case UInt8(ascii: "c"): try readGlobal()
        case UInt8(ascii: "Q"): stack.append(try storage(from: try pop()))
        case UInt8(ascii: "R"): try reduce()
        case UInt8(ascii: "b"): _ = try pop()  // BUILD sets attributes (a state dict's _metadata): not needed
        default:
            throw malformed("the instruction 0x\(String(code, radix: 16)) is not one a state dict needs")
        }
    }

    private mutating func readLong() throws -> PickleValue {
        let bytes = [UInt8](try reader.readBytes(Int(try reader.read(UInt8.self))))
        guard bytes.count <= 8 else { return .long(bytes) }
        var value: UInt64 = (bytes.last ?? 0) >= 0x80 ? .max : 0
        for byte in bytes.reversed() { value = value << 8 | UInt64(byte) }
        return .integer(Int(truncatingIfNeeded: value))
    }

    private mutating func readString(_ count: Int) throws -> String { try reader.readString(count) }

    private mutating func readGlobal() throws {
        let module = try reader.readLine(limit: 256)
        let name = try reader.readLine(limit: 256)
        guard let global = PickleGlobal(rawValue: "\(module) \(name)") else {
            throw VLMError(
                .checkpointMalformed,
                "\(reader.file) names \(module).\(name): only plain state dicts are read, nothing in a file is executed"
            )
        }
        stack.append(.global(global))
    }

    private mutating func reduce() throws {
        guard case .tuple(let arguments) = try pop(), case .global(let global) = try pop() else {
            throw malformed("a call without arguments")
        }
        switch global {
        case .orderedDictionary where arguments.isEmpty: stack.append(.dictionary(PickleDictionary()))
        case .rebuildTensor: stack.append(.tensor(try tensor(arguments)))
        case .rebuildParameter:
            guard case .tensor(let tensor)? = arguments.first else { throw malformed("a parameter without tensor") }
            stack.append(.tensor(tensor))
        default: throw malformed("a call of \(global.rawValue) that a state dict does not make")
        }
    }

    private func storage(from id: PickleValue) throws -> PickleValue {
        guard case .tuple(let parts) = id, parts.count >= 5, case .string("storage") = parts[0],
            case .global(let global) = parts[1], let type = global.elementType, case .string(let key) = parts[2],
            case .integer(let count) = parts[4], count >= 0, count <= 1 << 40
        else { throw malformed("an unknown persistent id") }
        return .storage(PickleStorage(key: key, type: type, count: count))
    }

    /// Every element a tensor may reach must lie in its storage, and a tensor may not be larger than its storage:
    /// strides of zero would let a small file claim a huge one.
    private func tensor(_ arguments: [PickleValue]) throws -> PickleTensor {
        guard arguments.count >= 4, case .storage(let storage) = arguments[0], case .integer(let offset) = arguments[1],
            case .tuple(let sizes) = arguments[2], case .tuple(let strides) = arguments[3], sizes.count == strides.count
        else { throw malformed("a tensor that is not described as PyTorch does") }
        var tensor = PickleTensor(storage: storage, offset: offset, shape: [], strides: [])
        var count = 1
        var last = 0
        for (size, stride) in zip(sizes, strides) {
            guard case .integer(let size) = size, case .integer(let stride) = stride, size >= 0, stride >= 0 else {
                throw malformed("a tensor of impossible shape")
            }
            let (product, tooLarge) = count.multipliedReportingOverflow(by: size)
            let (reach, tooFar) = stride.multipliedReportingOverflow(by: max(size - 1, 0))
            let (end, beyond) = last.addingReportingOverflow(reach)
            guard !tooLarge, !tooFar, !beyond else { throw malformed("a tensor of impossible size") }
            (count, last) = (product, end)
            tensor.shape.append(size)
            tensor.strides.append(stride)
        }
        guard offset >= 0, count <= storage.count, offset <= storage.count,
            count == 0 || last < storage.count - offset
        else { throw malformed("a tensor beyond its storage") }
        return tensor
    }

    private mutating func push(_ value: PickleValue) throws {
        guard value.depth <= Self.depthLimit else { throw malformed("it nests too deeply") }
        stack.append(value)
    }

    private mutating func append(_ values: [PickleValue]) throws {
        guard case .list(let list) = try top() else { throw malformed("items for no list") }
        list.depth = max(list.depth, values.map(\.depth).max() ?? 0)
        guard list.depth < Self.depthLimit else { throw malformed("it nests too deeply") }
        list.values += values
    }

    private mutating func setItems(_ values: [PickleValue]) throws {
        guard case .dictionary(let dictionary) = try top(), values.count % 2 == 0 else {
            throw malformed("items for no dictionary")
        }
        dictionary.depth = max(dictionary.depth, values.map(\.depth).max() ?? 0)
        guard dictionary.depth < Self.depthLimit else { throw malformed("it nests too deeply") }
        for index in stride(from: 0, to: values.count, by: 2) {
            dictionary.entries.append((values[index], values[index + 1]))
        }
    }

    private mutating func recall(_ index: Int) throws {
        guard let value = memo[index] else { throw malformed("it recalls what it never stored") }
        stack.append(value)
    }

    private func top() throws -> PickleValue {
        guard let value = stack.last, stack.count > (marks.last ?? 0) else { throw malformed("its stack runs empty") }
        return value
    }

    private mutating func pop() throws -> PickleValue {
        let value = try top()
        stack.removeLast()
        return value
    }

    private mutating func pop(count: Int) throws -> [PickleValue] {
        var values: [PickleValue] = []
        for _ in 0..<count { values.insert(try pop(), at: 0) }
        return values
    }

    private mutating func popToMark() throws -> [PickleValue] {
        guard let mark = marks.popLast() else { throw malformed("a mark is missing") }
        let values = Array(stack[mark...])
        stack.removeSubrange(mark...)
        return values
    }

    private func malformed(_ what: String) -> VLMError {
        VLMError(.checkpointMalformed, "\(reader.file) is no plain PyTorch state dict: \(what)")
    }
}
