import ArgumentParser

@main
struct MyVLM: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "myvlm", abstract: "Teach a frozen vision-language model your own things and people.")
}
