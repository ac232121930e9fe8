package import ArgumentParser
import LocalFiles

/// The arguments as the system gave them: `CommandLine.arguments` puts U+FFFD in the place of what is no UTF-8, and then
/// no file of that name is found.
package enum RawArguments {
    /// As carried text, without the program's own name.
    package static var all: [String] { bytes.map(CarriedText.decode) }

    /// As bytes, without the program's own name.
    static var bytes: [[UInt8]] {
        (1..<max(1, Int(CommandLine.argc))).compactMap { CommandLine.unsafeArgv[$0].map { String.bytes($0) } }
    }

    /// Throws for bytes that are no UTF-8 in an argument that is no path: no name and no question can hold them.
    package static func checkText(of command: any ParsableCommand, _ arguments: [String]) throws {
        guard !arguments.allSatisfy(CarriedText.isPlain), let text = firstText(in: command) else { return }
        throw ValidationError(
            "\"\(CarriedText.shown(text))\" is not UTF-8 text; only names of files may be other bytes")
    }

    /// The first text that carries such bytes, in what was parsed.
    private static func firstText(in value: Any) -> String? {
        if value is LocalPath { return nil }
        if let text = value as? String { return CarriedText.isPlain(text) ? nil : text }
        return Mirror(reflecting: value).children.lazy.compactMap { firstText(in: $0.value) }.first
    }
}
