import ArgumentParser

@main
struct MyVLMBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "myvlm-bench", abstract: "Measurements, printed as JSON lines.",
        subcommands: [Quality.self, Heads.self, Truth.self, Engine.self, Turns.self])
}
