import Glibc

/// Why a file of this machine could not be read or written.
package struct LocalFileError: Error, Sendable, CustomStringConvertible {
    /// Stable reasons a caller may branch on.
    package enum Code: Sendable {
        /// There is none.
        case missing
        /// It is there and cannot be read: a folder, no permission, a broken disk.
        case unreadable
        /// It holds more than may be read.
        case tooLarge
        /// It is there already.
        case exists
        /// It cannot be written there: no plain file, the source itself, no folder, no permission.
        case notWritable
        /// Writing broke off: the disk is full or broken.
        case writeFailed
        /// A secret that others may read.
        case openToOthers
        /// It is not what it should hold: no text, nothing at all.
        case malformed
        /// What was asked for did not come: no password, two that differ.
        case notGiven
        /// The task was cancelled while it waited for a pipe.
        case cancelled
    }

    package let code: Code
    /// What happened and what to do next; paths in it are shown safely.
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }

    /// What `errno` says.
    static func reason(_ number: Int32) -> String { String(cString: strerror(number)) }
}
