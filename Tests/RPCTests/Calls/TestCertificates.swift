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
        try makeAuthority()
        try await issue("server", "DNS:localhost,IP:127.0.0.1")
        try await issue("elsewhere", "DNS:elsewhere.example")
        try await issue("expired", "DNS:localhost,IP:127.0.0.1", from: -3, to: -1)
        try await issue("tomorrow", "DNS:localhost,IP:127.0.0.1", from: 1, to: 3)
        try await issue("client", "DNS:laptop.example,URI:spiffe://x/y")
    }

    /// Valid from and to so many days from now.
    private func issue(_ name: String, _ alternatives: String, from: Int = 0, to: Int = 2) async throws {
        try await openssl(
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=\(name)",
            "-keyout", path("\(name).key"), "-out", path("\(name).csr"))
        let extensions = folder.appending(path: "\(name).ext")
        try Data("subjectAltName=\(alternatives)\n".utf8).write(to: extensions)
        // `x509 -req` cannot set when a certificate begins to be valid; the tool's small authority can.
        try await openssl(
            "ca", "-batch", "-config", path("authority.cnf"), "-cert", path("ca.pem"), "-keyfile", path("ca.key"),
            "-in", path("\(name).csr"), "-extfile", extensions.path(), "-startdate", Self.date(from), "-enddate",
            Self.date(to), "-notext", "-out", path("\(name).pem"))
    }

    private func makeAuthority() throws {
        let text = """
            [ca]
            default_ca = tests
            [tests]
            database = \(path("index.txt"))
            new_certs_dir = \(folder.path())
            rand_serial = yes
            default_md = sha256
            policy = names
            [names]
            commonName = supplied

            """
        try Data(text.utf8).write(to: folder.appending(path: "authority.cnf"))
        try Data().write(to: folder.appending(path: "index.txt"))
    }

    /// `YYMMDDHHMMSSZ` so many days from now, a minute early.
    private static func date(_ days: Int) -> String {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        let parts = calendar.dateComponents(
            [.year, .month, .day, .hour, .minute, .second], from: Date(timeIntervalSinceNow: Double(days * 86_400 - 60))
        )
        let numbers = [parts.year.map { $0 % 100 }, parts.month, parts.day, parts.hour, parts.minute, parts.second]
        return numbers.map { String(format: "%02d", $0 ?? 0) }.joined() + "Z"
    }

    private struct ToolFailed: Error { let output: String }

    private func openssl(_ arguments: String...) async throws {
        let output = try await Program(path: "/usr/bin/openssl").run(arguments)
        guard output.code == 0 else { throw ToolFailed(output: output.error + output.out) }
    }
}
