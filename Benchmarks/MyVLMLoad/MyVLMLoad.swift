import ArgumentParser
import Client
import Foundation

/// Load as clients make it: real connections over TLS, photos that all differ, figures as JSON lines.
@main
struct MyVLMLoad: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "myvlm-load", abstract: "Put load on a server and measure what its clients see.",
        discussion: """
            Made for servers that are set up for the measurement: `Scripts/bench serving`, `Scripts/bench rpc` and \
            `Scripts/attack` start them. One JSON object a line on standard output.
            """, subcommands: [BystanderCommand.self, CaptionsCommand.self, StatusCommand.self])
}

/// Which server, and as whom.
struct ServerArguments: ParsableArguments {
    @Option(help: "HOST:PORT of the server.")
    var server: String

    @Option(help: "The server's ca.pem.")
    var ca: String

    @Option(help: "A file with a token a line, one for each user.")
    var tokens: String

    /// A client a user, each with a connection of its own. Throws where the file holds no token.
    func clients(timeout: Duration = .seconds(30)) throws -> [MyVLMClient] {
        let text = try String(contentsOfFile: tokens, encoding: .utf8)
        let found = text.split(whereSeparator: \.isWhitespace).map(String.init)
        guard !found.isEmpty else { throw ValidationError("\(tokens) holds no token") }
        return try found.map { try client(token: $0, timeout: timeout) }
    }

    func client(token: String?, timeout: Duration = .seconds(30)) throws -> MyVLMClient {
        try MyVLMClient(ConnectionOptions(server: server, authorityFile: ca), token: token, timeout: timeout)
    }
}

/// Seconds of CLOCK_MONOTONIC, which other programs of a measurement read too.
func monotonicSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

/// Waits until a time of that clock; at once where it has passed.
func wait(until time: Double) async throws {
    let left = time - monotonicSeconds()
    if left > 0 { try await Task.sleep(for: .seconds(left)) }
}

/// One line on standard output; lines of several tasks do not mix.
actor LineWriter {
    private let encoder: JSONEncoder = {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        return encoder
    }()

    func write(_ value: some Encodable & Sendable) throws {
        try FileHandle.standardOutput.write(contentsOf: encoder.encode(value) + Data("\n".utf8))
    }
}
