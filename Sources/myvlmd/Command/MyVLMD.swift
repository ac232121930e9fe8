import ArgumentParser
import Service

@main
struct MyVLMD: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "myvlmd", abstract: "The MyVLM server.", version: ServerVersion.current)
}
