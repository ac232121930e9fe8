internal import Kernels

/// Aligned floats outside of any array: weights, caches and work space of the kernels. Zero at first.
///
/// Not synchronised: `@unchecked Sendable` holds because an owner either writes it before sharing it and never after,
/// or hands it to one computation at a time. Running out of memory ends the process, as it does for arrays.
package final class FloatBuffer: @unchecked Sendable {
    /// The first float.
    package let pointer: UnsafeMutablePointer<Float>
    /// How many.
    package let count: Int

    private let isLasting: Bool

    /// A buffer of zeros; a lasting one, as weights are, shares large pages of memory with others.
    package init(count: Int, lasting: Bool = false) {
        let bytes = count * MemoryLayout<Float>.stride
        guard let memory = lasting ? mk_alloc_lasting(bytes) : mk_alloc(bytes) else {
            fatalError("out of memory for \(count) floats")
        }
        pointer = memory.bindMemory(to: Float.self, capacity: max(count, 1))
        self.count = count
        isLasting = lasting
    }

    deinit {
        if isLasting { mk_free_lasting(pointer) } else { mk_free(pointer) }
    }
}
