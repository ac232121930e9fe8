import ArgumentParser
import Foundation
import VLM

@main
struct MyVLMParity: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "myvlm-parity",
        abstract: "Run a parity request and write every number it asks for.",
        discussion: "Tools/parity.py writes requests, runs this and compares the answer with PyTorch.")

    @Argument(help: "The request, JSON.")
    var request: String

    @Argument(help: "Where the answer goes, safetensors.")
    var answer: String

    func run() throws {
        do {
            try Data(ParityRun.answer(request)).write(to: URL(filePath: answer))
        } catch let error as VLMError {
            FileHandle.standardError.write(Data("myvlm-parity: \(error)\n".utf8))
            throw ExitCode.failure
        }
    }
}
