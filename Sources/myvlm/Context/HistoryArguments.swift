import ArgumentParser
import Client
import Terminal

/// What every command is given that moves a pointer.
struct HistoryArguments: ParsableArguments {
    @Option(help: "Why; kept in the history.")
    var reason: String = ""

    /// Tells where the pointer stands now.
    func show(_ move: PointerMove, _ output: OutputArguments) throws {
        if output.json { return try JSONOutput.write(move) }
        try Console.out("\(Console.shown(move.concept)) v\(move.fromVersion) -> v\(move.toVersion)")
    }
}
