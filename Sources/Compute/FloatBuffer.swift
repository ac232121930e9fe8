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

    /// A buffer of zeros.
    package init(count: Int) {
        guard let memory = mk_alloc(count * MemoryLayout<Float>.stride) else {
            fatalError("out of memory for \(count) floats")
        }
        pointer = memory.bindMemory(to: Float.self, capacity: max(count, 1))
        self.count = count
    }

    deinit { mk_free(pointer) }
}
