import ArgumentParser
import Client
import Terminal

/// Arguments of every command that moves a pointer.
struct HistoryArguments: ParsableArguments {
    @Option(help: "Why; kept in the history.")
    var reason: String = ""

    /// Writes where the pointer stands now.
    func show(_ move: PointerMove, _ output: OutputArguments) throws {
        if output.json { return try JSONOutput.write(move) }
        try Console.out("\(Console.shown(move.concept)) v\(move.fromVersion) -> v\(move.toVersion)")
    }
}
