package import ArgumentParser
import LocalFiles

/// Tells a misspelt command what it may have meant: ArgumentParser counts it among the arguments of the command above.
package struct CommandNames {
    private let root: any ParsableCommand.Type
    private let program: String

    /// The names below a program.
    package init(_ root: any ParsableCommand.Type) {
        self.root = root
        program = root.configuration.commandName ?? "\(root)"
    }

    /// Throws for a name that no command has, at any level, and for names that would be taken for options.
    package func check(_ arguments: [String]) throws {
        var rest = arguments[...]
        if rest.first == "help" { rest.removeFirst() }
        var command: any ParsableCommand.Type = root
        var path = [program]
        while !command.configuration.subcommands.isEmpty {
            guard let name = rest.popFirst(), !name.hasPrefix("-") else { return }
            guard let next = command.configuration.subcommands.first(where: { names(of: $0).contains(name) }) else {
                throw ValidationError(message(name, below: command, path))
            }
            command = next
            path.append(name)
        }
        if arguments.first != "help" { try DashedNames.check(rest, of: path) }
    }

    private func names(of command: any ParsableCommand.Type) -> [String] {
        [command.configuration.commandName ?? ""] + command.configuration.aliases
    }

    private func message(
        _ name: String, below command: any ParsableCommand.Type, _ path: [String]
    ) -> String {
        let shown = CarriedText.shown(name)
        let prefix = path.joined(separator: " ")
        var text = "there is no command \"\(prefix) \(shown)\""
        let all = command.configuration.subcommands.flatMap(names)
        if let near = Self.nearest(to: name, among: all) {
            text += "; did you mean \"\(prefix) \(near)\"?"
        } else if let elsewhere = place(of: name) {
            text += "; did you mean \"\(elsewhere)\"?"
        } else {
            text += "; there are \(all.joined(separator: ", "))"
        }
        return text
    }

    /// Where a command of that very name is, if it is below another group.
    private func place(of name: String) -> String? {
        root.configuration.subcommands.lazy.compactMap { group -> String? in
            let below = group.configuration.subcommands.flatMap(names)
            guard let found = below.first(where: { $0 == name }) ?? Self.nearest(to: name, among: below) else {
                return nil
            }
            return "\(program) \(names(of: group)[0]) \(found)"
        }.first
    }

    /// The name that takes the fewest changes, where these are few beside its length.
    static func nearest(to name: String, among names: [String]) -> String? {
        let near = names.map { (name: $0, changes: changes(from: name.lowercased(), to: $0)) }
            .min { ($0.changes, $0.name) < ($1.changes, $1.name) }
        guard let near, near.changes <= max(1, min(name.count, near.name.count) / 3) else { return nil }
        return near.name
    }

    /// Letters to take out, put in, change or swap with their neighbour (Damerau and Levenshtein, each place once).
    static func changes(from left: String, to right: String) -> Int {
        let (left, right) = (Array(left), Array(right))
        var before: [Int] = []
        var last = Array(0...right.count)
        for row in left.indices {
            var next = [row + 1]
            for column in right.indices {
                var best = min(
                    last[column + 1] + 1, next[column] + 1, last[column] + (left[row] == right[column] ? 0 : 1))
                if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                    best = min(best, before[column - 1] + 1)
                }
                next.append(best)
            }
            (before, last) = (last, next)
        }
        return last[right.count]
    }
}
