/// What a restricted pickle may hold: the values of a state dict, and nothing that acts.
enum PickleValue {
    case none
    case bool(Bool)
    case integer(Int)
    /// An integer too long for 64 bits, as its little-endian bytes: only PyTorch's magic number is one.
    case long([UInt8])
    case float(Double)
    case string(String)
    case tuple([PickleValue])
    case list(PickleList)
    case dictionary(PickleDictionary)
    /// One of the few allowed globals; a name, never something callable.
    case global(PickleGlobal)
    case storage(PickleStorage)
    case tensor(PickleTensor)

    /// Nesting below this value: bounded, because release and traversal recurse.
    var depth: Int {
        switch self {
        case .tuple(let values): 1 + (values.map(\.depth).max() ?? 0)
        case .list(let list): 1 + list.depth
        case .dictionary(let dictionary): 1 + dictionary.depth
        default: 0
        }
    }
}

/// A list under construction; a reference, since pickle fills containers after memoising them.
final class PickleList {
    var values: [PickleValue] = []
    var depth = 0
}

/// A dictionary under construction; keys are strings or integers, kept in order.
final class PickleDictionary {
    var entries: [(key: PickleValue, value: PickleValue)] = []
    var depth = 0
}

/// The globals a state dict may name.
enum PickleGlobal: String {
    case orderedDictionary = "collections OrderedDict"
    case rebuildTensor = "torch._utils _rebuild_tensor_v2"
    case rebuildParameter = "torch._utils _rebuild_parameter"
    case float = "torch FloatStorage"
    case half = "torch HalfStorage"
    case bfloat16 = "torch BFloat16Storage"
    case double = "torch DoubleStorage"
    case long = "torch LongStorage"
    case int = "torch IntStorage"
    case short = "torch ShortStorage"
    case char = "torch CharStorage"
    case byte = "torch ByteStorage"
    case bool = "torch BoolStorage"

    /// The element type of a storage class.
    var elementType: ElementType? {
        switch self {
        case .float: .f32
        case .half: .f16
        case .bfloat16: .bf16
        case .double: .f64
        case .long: .i64
        case .int: .i32
        case .short: .i16
        case .char: .i8
        case .byte: .u8
        case .bool: .bool
        case .orderedDictionary, .rebuildTensor, .rebuildParameter: nil
        }
    }
}

/// A named run of elements outside the pickle.
struct PickleStorage: Sendable {
    let key: String
    let type: ElementType
    let count: Int
}

/// A strided view of a storage.
struct PickleTensor: Sendable {
    let storage: PickleStorage
    let offset: Int
    var shape: [Int]
    var strides: [Int]

    /// Elements in the view.
    var count: Int { shape.reduce(1, *) }

    /// Whether the elements lie in the storage in row-major order without gaps.
    var isContiguous: Bool {
        var expected = 1
        for (size, stride) in zip(shape, strides).reversed() {
            if size != 1 && stride != expected { return false }
            expected *= size
        }
        return true
    }

    /// Elements of the storage, from the offset on, in row-major order of the view.
    func gathered(_ elements: [Float]) -> [Float] {
        guard !isContiguous, count > 0 else { return Array(elements.prefix(count)) }
        var result: [Float] = []
        result.reserveCapacity(count)
        var position = [Int](repeating: 0, count: shape.count)
        for _ in 0..<count {
            result.append(elements[zip(position, strides).reduce(0) { $0 + $1.0 * $1.1 }])
            var dimension = shape.count - 1
            while dimension >= 0 {
                position[dimension] += 1
                if position[dimension] < shape[dimension] { break }
                position[dimension] = 0
                dimension -= 1
            }
        }
        return result
    }

    /// Elements from the offset to the last one the view reaches.
    var reach: Int { count == 0 ? 0 : zip(shape, strides).reduce(1) { $0 + ($1.0 - 1) * $1.1 } }
}
