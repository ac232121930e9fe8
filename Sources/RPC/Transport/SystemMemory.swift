internal import CEvent

/// The process's memory.
package enum SystemMemory {
    /// Gives free pages back to the system; the allocator keeps them otherwise.
    package static func giveBack() { malloc_trim(0) }
}
