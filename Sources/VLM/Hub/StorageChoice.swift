public import Compute

extension Weight.Storage {
    /// The storage nearest to how a checkpoint keeps its matrices.
    package init(storedAs type: ElementType) {
        switch type {
        case .bf16: self = .bfloat16
        case .f16: self = .float16
        default: self = .float32
        }
    }

    /// What a vision tower is kept in beside a decoder of this storage: everything reads its features, and it is small,
    /// so blocks of 4 or 8 bits are for the decoder alone.
    package var forTower: Weight.Storage { isQuantized ? .bfloat16 : self }

    /// The storage of an option's text; throws `invalidArgument` naming the known ones.
    public init(option: String) throws {
        guard let storage = Weight.Storage(name: option.lowercased()) else {
            let names = Weight.Storage.allCases.map(\.rawValue) + ["int8", "q4"]
            throw VLMError(
                .invalidArgument, "\(option) is no number format; use one of \(names.joined(separator: ", "))")
        }
        self = storage
    }
}
