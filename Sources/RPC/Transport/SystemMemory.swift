internal import CEvent

/// The process's memory.
package enum SystemMemory {
    /// Returns free pages to the system, which the allocator would keep otherwise.
    package static func giveBack() { malloc_trim(0) }
}
