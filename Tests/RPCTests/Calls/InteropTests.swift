import Foundation
import ProcessTestSupport
import RPC
import Testing

/// The python with grpcio: `MYVLM_PYTHON`, or the one `Scripts/setup` makes.
private let python: String = {
    let environment = ProcessInfo.processInfo.environment
    if let named = environment["MYVLM_PYTHON"] { return named }
    let home = environment["MYVLM_HOME"] ?? NSHomeDirectory() + "/.cache/myvlm"
    return home + "/venv/bin/python"
}()

private func run(_ arguments: [String]) async throws -> Program.Output {
    try await Program(path: python, environment: ProcessInfo.processInfo.environment).run(arguments)
}

private func hasGRPC() async -> Bool { (try? await run(["-c", "import grpc, grpc_tools"]).code) == 0 }

@Suite(.timeLimit(.minutes(10))) struct InteropTests {
    @Test(.enabled("no grpcio in \(python): install Tools/requirements-grpc.txt or set MYVLM_PYTHON", hasGRPC))
    func pythonsGRPCSpeaksWithTheServer() async throws {
        let server = try await TestServer(isReal: true)
        let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "python/interop.py").path()
        let target = "localhost:\(server.server.endpoint.port)"
        let authority = server.certificates.path("ca.pem")
        let output = try await run([script, target, authority])
        #expect(output.code == 0, "\(output.out)\(output.error)")
        let holding = output.out.split(separator: "\n").filter { $0.hasPrefix("holds: ") }.map { $0.dropFirst(7) }
        #expect(
            holding == [
                "unary", "client_streaming", "server_streaming", "bidirectional", "errors", "deadline", "cancel",
                "large", "metadata", "parallel",
            ])
        await server.stop()
    }
}
