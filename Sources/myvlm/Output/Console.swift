import Foundation

/// Standard output for data, standard error for people.
enum Console {
    /// Whether standard error is a terminal that takes escape codes.
    static let errorIsTerminal = isatty(STDERR_FILENO) == 1

    /// Whether to colour: a terminal, and no NO_COLOR (no-color.org).
    static let colours =
        errorIsTerminal && (ProcessInfo.processInfo.environment["NO_COLOR"] ?? "").isEmpty
        && ProcessInfo.processInfo.environment["TERM"] != "dumb"

    /// Writes data at once; a reader that is gone (`| head`) ends the program quietly through SIGPIPE.
    static func out(_ text: String, newline: Bool = true) {
        FileHandle.standardOutput.write(Data((newline ? text + "\n" : text).utf8))
    }

    /// Writes for people.
    static func error(_ text: String, newline: Bool = true) {
        FileHandle.standardError.write(Data((newline ? text + "\n" : text).utf8))
    }

    /// Text from the server as a terminal may show it: control characters but line ends and tabs are taken out.
    static func shown(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.filter { $0 == "\n" || $0 == "\t" || $0.properties.generalCategory != .control }))
    }

    /// Dimmed where colours are on.
    static func dim(_ text: String) -> String { colours ? "\u{1B}[2m\(text)\u{1B}[0m" : text }
}
