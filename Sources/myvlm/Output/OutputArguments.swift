import ArgumentParser
import Client
import Foundation

/// How a command writes; part of every command.
struct OutputArguments: ParsableArguments {
    @Flag(help: "Write one JSON object.")
    var json = false

    @Flag(name: .shortAndLong, help: "No progress and no notes.")
    var quiet = false

    /// A note for people, unless quiet.
    func note(_ text: String) {
        if !quiet { Console.error(Console.dim(Console.shown(text))) }
    }
}

/// JSON with a stable schema: names in snake case, sorted.
enum JSONOutput {
    static func text(_ value: some Encodable, pretty: Bool) throws -> String {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting =
            pretty
            ? [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes] : [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    /// One object for `--json`.
    static func write(_ value: some Encodable) throws { try Console.out(try text(value, pretty: true)) }

    /// One line for `--jsonl`.
    static func writeLine(_ value: some Encodable) throws { try Console.out(try text(value, pretty: false)) }
}
