import ArgumentParser
import LocalFiles

/// Names of files that begin with a dash: `-dash.jpg` would be read as the options `-d`, `-a`, `-s` and `-h`, of which the
/// last one asks for help.
package enum DashedNames {
    /// Options of one letter that commands have.
    private static let letters: Set<Character> = ["h", "q"]

    /// Throws for an argument that is neither an option, a number nor a bare dash.
    static func check(_ arguments: some Sequence<String>, of path: [String]) throws {
        for argument in arguments {
            if argument == "--" { return }
            guard argument.hasPrefix("-"), !argument.hasPrefix("--"), argument.count > 1, Double(argument) == nil,
                !argument.dropFirst().allSatisfy(letters.contains)
            else { continue }
            throw ValidationError(
                "\"\(CarriedText.shown(argument))\" begins with a dash and would be taken for options; \(advice(argument))"
            )
        }
    }

    /// What to write where an argument that was taken for an option looks like the name of a file, or is one.
    package static func hint(_ arguments: [String]) -> String? {
        let name = arguments.prefix { $0 != "--" }.first {
            $0.hasPrefix("--") && $0.count > 2 && !$0.contains("=")
                && ($0.contains(".") || FileStatus(itself: LocalPath($0)) != nil)
        }
        return name.map { "If \"\(CarriedText.shown($0))\" is the name of a file: \(advice($0))" }
    }

    private static func advice(_ name: String) -> String {
        "write a file's name as ./\(CarriedText.shown(name)), or put what begins with a dash behind \"--\""
    }
}
