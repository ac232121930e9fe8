import Glibc

/// What the system says of the user.
package enum UserEnvironment {
    /// A variable as carried text; nil where it is not set or empty.
    package static func value(_ name: String) -> String? {
        guard let value = getenv(name), value.pointee != 0 else { return nil }
        return CarriedText.decode(String.bytes(value))
    }

    /// The user's home: `$HOME`, or where that is empty, unset or no absolute path, the one the system knows. Never a place
    /// that depends on where one stands: nil where there is none.
    package static var home: LocalPath? {
        if let home = value("HOME").map(LocalPath.init), home.isAbsolute { return home }
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 16 << 10)
        guard getpwuid_r(geteuid(), &entry, &buffer, buffer.count, &found) == 0, found != nil,
            let folder = entry.pw_dir
        else { return nil }
        let home = LocalPath(bytes: String.bytes(folder))
        return home.isAbsolute ? home : nil
    }

    /// Where settings of programs are kept: `$XDG_CONFIG_HOME`, which counts as the specification says only where it is
    /// absolute, else `.config` in the home. Nil without a home.
    package static var configuration: LocalPath? {
        if let folder = value("XDG_CONFIG_HOME").map(LocalPath.init), folder.isAbsolute { return folder }
        return home?.appending(".config")
    }

    /// `$MYVLM_HOME`, or `.cache/myvlm` in the home: where `Scripts/setup` puts models. Nil without a home.
    package static var modelHome: LocalPath? {
        value("MYVLM_HOME").map(LocalPath.init) ?? home?.appending(".cache/myvlm")
    }
}
