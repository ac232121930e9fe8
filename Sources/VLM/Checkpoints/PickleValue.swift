/// What a restricted pickle may hold: the values of a state dict, and nothing that acts.
///
/// A value never holds another one: containers and tensors lie in the reader's lists and are known by their place there,
/// so that neither depth nor sharing nor cycles cost anything, and letting go of them does not recurse.
enum PickleValue {
    case none
    case bool(Bool)
    case integer(Int)
    /// An integer too long for 64 bits, by its place: only PyTorch's magic number is one.
    case long(Int)
    case float(Double)
    case string(String)
    case container(Int)
    /// One of the few allowed globals; a name, never something callable.
    case global(PickleGlobal)
    case storage(Int)
    case tensor(Int)
}

/// A tuple, list or dictionary; keys and values of a dictionary alternate.
struct PickleContainer {
    enum Kind { case tuple, list, dictionary }
    let kind: Kind
    var values: [PickleValue] = []
}

/// Everything one pickle made.
struct PickleContents {
    var root = PickleValue.none
    var containers: [PickleContainer] = []
    var tensors: [PickleTensor] = []
    var storages: [PickleStorage] = []
    var longs: [[UInt8]] = []

    /// The values of a container of a kind.
    func values(_ value: PickleValue, _ kind: PickleContainer.Kind) -> [PickleValue]? {
        guard case .container(let place) = value, containers[place].kind == kind else { return nil }
        return containers[place].values
    }
}

/// The globals a state dict may name.
enum PickleGlobal: Equatable {
    case orderedDictionary, rebuildTensor, rebuildParameter
    /// With the type of its elements beside its storage (`_rebuild_tensor_v3`).
    case rebuildTypedTensor
    /// The type of a typed tensor.
    case type(String)
    /// A class of storages, by its name without `Storage`.
    case storage(String)

    /// The global of a module's name; nil for any other than these.
    init?(module: String, name: String) {
        switch (module, name) {
        case ("collections", "OrderedDict"): self = .orderedDictionary
        case ("torch._utils", "_rebuild_tensor_v2"): self = .rebuildTensor
        case ("torch._utils", "_rebuild_tensor_v3"): self = .rebuildTypedTensor
        case ("torch._utils", "_rebuild_parameter"): self = .rebuildParameter
        case ("torch", _), ("torch.storage", "UntypedStorage"):
            if name.hasSuffix("Storage"), Self.sizes[String(name.dropLast(7))] != nil {
                self = .storage(String(name.dropLast(7)))
            } else if Self.types.contains(name) {
                self = .type(name)
            } else {
                return nil
            }
        default: return nil
        }
    }

    /// Bytes of an element of each class of storages; those that are not read here included, since a tensor that nobody
    /// reads may have any of them.
    static let sizes = [
        "Float": 4, "Half": 2, "BFloat16": 2, "Double": 8, "Long": 8, "Int": 4, "Short": 2, "Char": 1, "Byte": 1,
        "Bool": 1, "ComplexFloat": 8, "ComplexDouble": 16, "QInt8": 1, "QUInt8": 1, "QInt32": 4, "QUInt4x2": 1,
        "QUInt2x4": 1, "Untyped": 1,
    ]

    private static let types: Set<String> = [
        "uint16", "uint32", "uint64", "float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz", "float8_e5m2fnuz",
        "float8_e8m0fnu", "float4_e2m1fn_x2",
    ]

    /// The element types that are read.
    static let elements: [String: ElementType] = [
        "Float": .f32, "Half": .f16, "BFloat16": .bf16, "Double": .f64, "Long": .i64, "Int": .i32, "Short": .i16,
        "Char": .i8, "Byte": .u8, "Bool": .bool,
    ]
}

/// A named run of elements outside the pickle.
struct PickleStorage: Sendable {
    let key: String
    /// Its class's name without `Storage`.
    let kind: String
    let count: Int

    /// Bytes of an element.
    var size: Int { PickleGlobal.sizes[kind] ?? 1 }
}

/// A strided view of a storage.
struct PickleTensor: Sendable {
    let storage: PickleStorage
    let offset: Int
    /// Nil for elements that are not read here.
    let type: ElementType?
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

    /// Calls with the place of every element, from the offset on, in row-major order of the view.
    func forEachPlace(_ body: (Int) -> Void) {
        var position = [Int](repeating: 0, count: shape.count)
        for _ in 0..<count {
            body(zip(position, strides).reduce(0) { $0 + $1.0 * $1.1 })
            var dimension = shape.count - 1
            while dimension >= 0 {
                position[dimension] += 1
                if position[dimension] < shape[dimension] { break }
                position[dimension] = 0
                dimension -= 1
            }
        }
    }
}
