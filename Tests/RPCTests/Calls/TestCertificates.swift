import Foundation
import ProcessTestSupport

/// Certificates made once a test run with the openssl tool: an authority, a server for localhost and 127.0.0.1, a
/// client, and a second authority nobody trusts.
struct TestCertificates: Sendable {
    let folder: URL
    static let shared = Task { try await TestCertificates() }

    func path(_ name: String) -> String { folder.appending(path: name).path() }

    private init() async throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "rpc-tests-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for authority in ["ca", "other"] {
            try await openssl(
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                "-subj", "/CN=\(authority)", "-keyout", path("\(authority).key"), "-out", path("\(authority).pem"))
        }
        try await issue("server", "DNS:localhost,IP:127.0.0.1")
        try await issue("elsewhere", "DNS:elsewhere.example")
        try await issue("client", "DNS:laptop.example,URI:spiffe://x/y")
    }

    private func issue(_ name: String, _ alternatives: String) async throws {
        try await openssl(
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=\(name)",
            "-keyout", path("\(name).key"), "-out", path("\(name).csr"))
        let extensions = folder.appending(path: "\(name).ext")
        try Data("subjectAltName=\(alternatives)\n".utf8).write(to: extensions)
        try await openssl(
            "x509", "-req", "-in", path("\(name).csr"), "-CA", path("ca.pem"), "-CAkey", path("ca.key"),
            "-CAcreateserial", "-days", "2", "-extfile", extensions.path(), "-out", path("\(name).pem"))
    }

    private struct ToolFailed: Error { let output: String }

    private func openssl(_ arguments: String...) async throws {
        let output = try await Program(path: "/usr/bin/openssl").run(arguments)
        guard output.code == 0 else { throw ToolFailed(output: output.error + output.out) }
    }
}
