import ArgumentParser
import Foundations
import Terminal

/// Holds the engine for commands that need no server; `myvlm evaluate` and `myvlm import FILE.pt` go on as this program.
struct MyVLMLab: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: Laboratory.name, abstract: "What needs the engine and no server; started by myvlm.",
        version: Release.version, subcommands: [EvaluateCommand.self, ConvertCommand.self])
}

@main
enum Main {
    static func main() async { await TerminalProgram(MyVLMLab.self).runAndExit() }
}
