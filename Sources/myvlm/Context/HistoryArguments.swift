import ArgumentParser

/// What every command is given that moves a pointer.
struct HistoryArguments: ParsableArguments {
    @Option(help: "Why; kept in the history.")
    var reason: String = ""
}
