/// Interprets the few pickle opcodes that a PyTorch state dict consists of. It executes nothing: a global is only
/// a name out of a closed list, and `REDUCE` only knows how to build an ordered dictionary or a tensor view.
struct PickleReader {
    private var reader: ByteReader
    private let budget: PickleBudget
    private var contents = PickleContents()
    private var stack: [PickleValue] = []
    private var marks: [Int] = []
    private var memo: [Int: PickleValue] = [:]

    /// Dimensions a tensor may have, as in PyTorch.
    private static let mostDimensions = 64

    /// Reads one pickle from the reader's position and leaves the reader behind its `STOP`.
    static func read(from reader: inout ByteReader, budget: PickleBudget) throws -> PickleContents {
        var pickle = PickleReader(reader: reader, budget: budget)
        pickle.contents.root = try pickle.run()
        reader = pickle.reader
        return pickle.contents
    }

    private init(reader: ByteReader, budget: PickleBudget) {
        self.reader = reader
        self.budget = budget
    }

    private mutating func run() throws -> PickleValue {
        while true {
            try budget.instruction()
            let code: UInt8 = try reader.read()
            if code == UInt8(ascii: ".") { return try pop() }
            if try !pushConstant(code), try !buildContainer(code) { try callOrRemember(code) }
        }
    }

    private mutating func pushConstant(_ code: UInt8) throws -> Bool {
        switch code {
        case 0x80: _ = try reader.read(UInt8.self)  // PROTO
        case UInt8(ascii: "N"): try push(.none)
        case 0x88: try push(.bool(true))
        case 0x89: try push(.bool(false))
        case UInt8(ascii: "K"): try push(.integer(Int(try reader.read(UInt8.self))))
        case UInt8(ascii: "M"): try push(.integer(Int(try reader.read(UInt16.self))))
        case UInt8(ascii: "J"): try push(.integer(Int(try reader.read(Int32.self))))
        case 0x8a: try push(try readLong())
        case UInt8(ascii: "G"):
            try push(.float(Double(bitPattern: try reader.read(UInt64.self).byteSwapped)))
        case UInt8(ascii: "X"): try push(.string(try readString(Int(try reader.read(UInt32.self)))))
        case 0x8c: try push(.string(try readString(Int(try reader.read(UInt8.self)))))
        default: return false
        }
        return true
    }

    private mutating func buildContainer(_ code: UInt8) throws -> Bool {
        switch code {
        case UInt8(ascii: "("):
            try budget.keep()
            marks.append(stack.count)
        case UInt8(ascii: ")"): try push(.tuple, [])
        case UInt8(ascii: "]"): try push(.list, [])
        case UInt8(ascii: "}"): try push(.dictionary, [])
        case UInt8(ascii: "t"): try push(.tuple, try popToMark())
        case 0x85: try push(.tuple, try pop(count: 1))
        case 0x86: try push(.tuple, try pop(count: 2))
        case 0x87: try push(.tuple, try pop(count: 3))
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
        case UInt8(ascii: "q"): try remember(Int(try reader.read(UInt8.self)))
        case UInt8(ascii: "r"): try remember(Int(try reader.read(UInt32.self)))
        case UInt8(ascii: "h"): try recall(Int(try reader.read(UInt8.self)))
        case UInt8(ascii: "j"): try recall(Int(try reader.read(UInt32.self)))
        case UInt8(ascii: "c"): try readGlobal()
        case UInt8(ascii: "Q"): try push(try storage(from: try pop()))
        case UInt8(ascii: "R"): try reduce()
        case UInt8(ascii: "b"): _ = try pop()  // BUILD sets attributes (a state dict's _metadata): not needed
        default:
            throw malformed("the instruction 0x\(String(code, radix: 16)) is not one a state dict needs")
        }
    }

    private mutating func readLong() throws -> PickleValue {
        let bytes = [UInt8](try reader.readBytes(Int(try reader.read(UInt8.self))))
        guard bytes.count <= 8 else {
            try budget.spell(bytes.count)
            contents.longs.append(bytes)
            return .long(contents.longs.count - 1)
        }
        var value: UInt64 = (bytes.last ?? 0) >= 0x80 ? .max : 0
        for byte in bytes.reversed() { value = value << 8 | UInt64(byte) }
        return .integer(Int(truncatingIfNeeded: value))
    }

    private mutating func readString(_ count: Int) throws -> String {
        try budget.spell(count)
        return try reader.readString(count)
    }

    private mutating func readGlobal() throws {
        let module = try reader.readLine(limit: 256)
        let name = try reader.readLine(limit: 256)
        guard let global = PickleGlobal(module: module, name: name) else {
            throw VLMError(
                .checkpointMalformed,
                "\(reader.file) names \(module).\(name): only plain state dicts are read, nothing in a file is executed"
            )
        }
        try push(.global(global))
    }

    private mutating func reduce() throws {
        guard let arguments = contents.values(try pop(), .tuple), case .global(let global) = try pop() else {
            throw malformed("a call without arguments")
        }
        switch global {
        case .orderedDictionary where arguments.isEmpty: try push(.dictionary, [])
        case .rebuildTensor, .rebuildTypedTensor:
            contents.tensors.append(try tensor(arguments, isTyped: global == .rebuildTypedTensor))
            try push(.tensor(contents.tensors.count - 1))
        case .rebuildParameter:
            guard case .tensor(let tensor)? = arguments.first else { throw malformed("a parameter without tensor") }
            try push(.tensor(tensor))
        default: throw malformed("a call that a state dict does not make")
        }
    }

    private mutating func storage(from id: PickleValue) throws -> PickleValue {
        guard let parts = contents.values(id, .tuple), parts.count >= 5, case .string("storage") = parts[0],
            case .global(.storage(let kind)) = parts[1], case .string(let key) = parts[2],
            case .integer(let count) = parts[4], count >= 0, count <= 1 << 40
        else { throw malformed("an unknown persistent id") }
        contents.storages.append(PickleStorage(key: key, kind: kind, count: count))
        return .storage(contents.storages.count - 1)
    }

    /// Every element a tensor may reach must lie in its storage, and a tensor may not be larger than its storage:
    /// strides of zero would let a small file claim a huge one.
    private func tensor(_ arguments: [PickleValue], isTyped: Bool) throws -> PickleTensor {
        guard arguments.count >= 4, case .storage(let place) = arguments[0], case .integer(let offset) = arguments[1],
            let sizes = contents.values(arguments[2], .tuple), let strides = contents.values(arguments[3], .tuple),
            sizes.count == strides.count, sizes.count <= Self.mostDimensions
        else { throw malformed("a tensor that is not described as PyTorch does") }
        let storage = contents.storages[place]
        var tensor = PickleTensor(
            storage: storage, offset: offset, type: isTyped ? nil : PickleGlobal.elements[storage.kind], shape: [],
            strides: [])
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
        try budget.keep()
        stack.append(value)
    }

    private mutating func push(_ kind: PickleContainer.Kind, _ values: [PickleValue]) throws {
        try budget.keep(3)
        contents.containers.append(PickleContainer(kind: kind, values: values))
        try push(.container(contents.containers.count - 1))
    }

    private mutating func append(_ values: [PickleValue]) throws {
        guard case .container(let place) = try top(), contents.containers[place].kind == .list else {
            throw malformed("items for no list")
        }
        contents.containers[place].values += values
    }

    private mutating func setItems(_ values: [PickleValue]) throws {
        guard case .container(let place) = try top(), contents.containers[place].kind == .dictionary,
            values.count % 2 == 0
        else { throw malformed("items for no dictionary") }
        contents.containers[place].values += values
    }

    private mutating func remember(_ index: Int) throws {
        try budget.remember()
        memo[index] = try top()
    }

    private mutating func recall(_ index: Int) throws {
        guard let value = memo[index] else { throw malformed("it recalls what it never stored") }
        try push(value)
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
        for _ in 0..<count { values.append(try pop()) }
        return values.reversed()
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
