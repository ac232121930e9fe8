import ArgumentParser
import Foundation

/// How a command writes; part of every command.
package struct OutputArguments: ParsableArguments {
    @Flag(help: "Write one JSON object.")
    package var json = false

    @Flag(name: .shortAndLong, help: "No progress and no notes.")
    package var quiet = false

    package init() {}

    /// A note for people, unless quiet.
    package func note(_ text: String) {
        if !quiet { Console.error(Console.dim(Console.shown(text))) }
    }

    /// What came of a call: one object with `--json`, a note for people without.
    package func show(_ result: some Encodable, _ text: @autoclosure () -> String) throws {
        if json { try JSONOutput.write(result) } else { note(text()) }
    }
}

/// JSON with a stable schema: names in snake case, sorted.
package enum JSONOutput {
    static func text(_ value: some Encodable, pretty: Bool) throws -> String {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting =
            pretty
            ? [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes] : [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    /// One object for `--json`.
    package static func write(_ value: some Encodable) throws { try Console.out(try text(value, pretty: true)) }

    /// One line for `--jsonl`.
    package static func writeLine(_ value: some Encodable) throws { try Console.out(try text(value, pretty: false)) }
}
