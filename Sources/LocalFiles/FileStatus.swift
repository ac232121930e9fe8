import Glibc

/// What stands at a path.
package struct FileStatus: Sendable {
    /// What kind of thing it is.
    package enum Kind: Sendable, Equatable {
        case plain, folder, link, pipe, device, socket, other
    }

    private let status: stat

    private init(_ status: stat) { self.status = status }

    /// Of what the path leads to, through links; nil and `errno` where nothing is there or may be seen.
    package init?(_ path: LocalPath) {
        var status = stat()
        guard path.call({ stat($0, &status) }) == 0 else { return nil }
        self.status = status
    }

    /// Of the path itself, a link too.
    package init?(itself path: LocalPath) {
        var status = stat()
        guard path.call({ lstat($0, &status) }) == 0 else { return nil }
        self.status = status
    }

    /// Of an open file.
    package init?(descriptor: Int32) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        self.status = status
    }

    package var kind: Kind {
        switch status.st_mode & S_IFMT {
        case S_IFREG: .plain
        case S_IFDIR: .folder
        case S_IFLNK: .link
        case S_IFIFO: .pipe
        case S_IFCHR, S_IFBLK: .device
        case S_IFSOCK: .socket
        default: .other
        }
    }

    /// Bytes of a plain file.
    package var size: Int { Int(status.st_size) }
    /// Permissions.
    package var mode: UInt32 { status.st_mode & 0o7777 }
    /// Whether others than its owner may do anything with it.
    package var isOpenToOthers: Bool { status.st_mode & 0o077 != 0 }

    /// Whether both are one file, under whatever names.
    package func isSame(as other: FileStatus) -> Bool {
        status.st_dev == other.status.st_dev && status.st_ino == other.status.st_ino
    }
}

extension FileStatus.Kind {
    /// As messages call it.
    var words: String {
        switch self {
        case .plain: "a plain file"
        case .folder: "a folder"
        case .link: "a link"
        case .pipe: "a pipe"
        case .device: "a device"
        case .socket: "a socket"
        case .other: "no file"
        }
    }
}
