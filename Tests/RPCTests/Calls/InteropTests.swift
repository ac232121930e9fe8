import Foundation
import RPC
import Testing

/// The python with grpcio: `MYVLM_PYTHON`, or the one `Scripts/setup` makes.
private let python: String = {
    let environment = ProcessInfo.processInfo.environment
    if let named = environment["MYVLM_PYTHON"] { return named }
    let home = environment["MYVLM_HOME"] ?? NSHomeDirectory() + "/.cache/myvlm"
    return home + "/venv/bin/python"
}()

private func run(_ arguments: [String]) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(filePath: python)
    process.arguments = arguments
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: data, as: UTF8.self))
}

private let hasGRPC: Bool = (try? run(["-c", "import grpc, grpc_tools"]).status) == 0

@Suite(.timeLimit(.minutes(3))) struct InteropTests {
    @Test(.enabled(if: hasGRPC, "no grpcio in \(python): install Tools/requirements-grpc.txt or set MYVLM_PYTHON"))
    func pythonsGRPCSpeaksWithTheServer() async throws {
        let server = try await TestServer()
        let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "python/interop.py").path()
        let target = "localhost:\(server.server.endpoint.port)"
        let authority = server.certificates.path("ca.pem")
        let (status, output) = try await Task.detached { try run([script, target, authority]) }.value
        #expect(status == 0, "\(output)")
        let holding = output.split(separator: "\n").filter { $0.hasPrefix("holds: ") }.map { $0.dropFirst(7) }
        #expect(
            holding == [
                "unary", "client_streaming", "server_streaming", "bidirectional", "errors", "deadline", "cancel",
                "large", "metadata", "parallel",
            ])
        await server.stop()
    }
}
