import Client
import Foundation
import ProcessTestSupport
import Service
import Testing

/// Client certificates that stand for users, made by openssl as an operator would.
@Suite(.timeLimit(.minutes(10))) struct CertificateTests {
    private struct Authority {
        let folder: String
        var certificate: String { folder + "/ca.pem" }

        init() async throws {
            folder = NSTemporaryDirectory() + "myvlm-mtls-\(UUID().uuidString)"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try await openssl(
                ["req", "-x509", "-days", "2", "-subj", "/CN=authority", "-keyout", path("ca.key")]
                    + ["-out", path("ca.pem")] + key)
        }

        private var key: [String] { ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"] }
        private func path(_ name: String) -> String { folder + "/" + name }

        /// A certificate of this authority; returns its file and its key's.
        func issue(_ name: String, alternative: String) async throws -> (certificate: String, key: String) {
            try await openssl(
                ["req", "-subj", "/CN=\(name)", "-addext", "subjectAltName=DNS:\(alternative)"]
                    + ["-keyout", path("\(name).key"), "-out", path("\(name).csr")] + key)
            try await openssl([
                "x509", "-req", "-in", path("\(name).csr"), "-CA", path("ca.pem"), "-CAkey", path("ca.key"),
                "-CAcreateserial", "-days", "2", "-copy_extensions", "copy", "-out", path("\(name).pem"),
            ])
            return (path("\(name).pem"), path("\(name).key"))
        }

        private func openssl(_ arguments: [String]) async throws {
            let output = try await Program(path: "/usr/bin/openssl").run(arguments)
            try #require(output.code == 0, "\(output)")
        }
    }

    @Test func aCertificateStandsForAUser() async throws {
        let authority = try await Authority()
        let foreign = try await Authority()
        defer { for it in [authority, foreign] { try? FileManager.default.removeItem(atPath: it.folder) } }
        let laptop = try await authority.issue("ann-laptop", alternative: "laptop.example.org")
        let forged = try await foreign.issue("ann-laptop", alternative: "laptop.example.org")
        var setup = Harness.Setup()
        setup.configuration.clientAuthority = authority.certificate
        try await Harness.run(setup) { harness in
            let admin = try await harness.admin()
            // Whoever shows no certificate logs in as ever.
            let ann = try await harness.user("ann")
            func client(_ files: (certificate: String, key: String), token: String? = nil) throws -> MyVLMClient {
                var options = ConnectionOptions(
                    host: harness.address.host, port: harness.address.port, authorityFile: harness.home.authority)
                options.certificateFile = files.certificate
                options.certificateKeyFile = files.key
                return try MyVLMClient(options, token: token, timeout: Harness.patience)
            }
            let shown = try client(laptop)
            let stranger = await failure { _ = try await shown.whoAmI() }
            #expect(stranger?.code == .unauthenticated && stranger?.message.contains("stands for no user") == true)
            #expect(try await admin.addIdentity("CN=ann-laptop", to: "ann") == ["CN=ann-laptop"])
            #expect(try await shown.whoAmI().name == "ann")
            #expect(try await shown.enrolled(Harness.order("zibo")).created)
            #expect(try await ann.concepts().map(\.name) == ["zibo"])
            // No more than the role may.
            #expect(await failure { _ = try await shown.users() }?.code == .permissionDenied)
            // A token says more than the certificate.
            let both = try client(laptop, token: admin.token)
            #expect(try await both.whoAmI().name == "admin")
            // The same names from another authority do not get as far as a call.
            let forger = try client(forged)
            #expect(await failure { _ = try await forger.whoAmI() }?.code == .unavailable)
            // Taking the name away ends what is open at once.
            let (opened, source) = AsyncStream.makeStream(of: Void.self)
            let watching = Task { for try await _ in shown.watch() { source.yield() } }
            for await _ in opened { break }
            #expect(try await admin.removeIdentity("CN=ann-laptop", from: "ann").isEmpty)
            #expect(await failure { try await watching.value }?.code == .unauthenticated)
            #expect(await failure { _ = try await shown.whoAmI() }?.code == .unauthenticated)
            // An alternative name does as well as the subject.
            _ = try await admin.addIdentity("laptop.example.org", to: "ann")
            #expect(try await shown.whoAmI().name == "ann")
            for client in [admin, ann, shown, both, forger] { await client.close() }
        }
    }

    @Test func certificatesOnTheCommandLine() async throws {
        let authority = try await Authority()
        defer { try? FileManager.default.removeItem(atPath: authority.folder) }
        let laptop = try await authority.issue("ann-laptop", alternative: "laptop.example.org")
        var setup = Harness.Setup()
        setup.configuration.clientAuthority = authority.certificate
        try await Harness.run(setup) { harness in
            let admin = try await harness.admin()
            let ann = try await harness.user("ann")
            _ = try await admin.addIdentity("CN=ann-laptop", to: "ann")
            let tool = try CommandLineTool.named("myvlm", environment: ["MYVLM_CONFIG": "\(harness.folder)/none.json"])
            let server = ["--server", "\(harness.address)", "--ca", harness.home.authority]
            let shown = ["--certificate", laptop.certificate, "--certificate-key", laptop.key]
            let good = try await tool.run(["whoami"] + server + shown)
            #expect(good.code == 0 && good.out.contains("ann"), "\(good)")
            let bare = try await tool.run(["whoami"] + server)
            #expect(bare.code == 77, "\(bare)")
            let keyless = try await tool.run(["whoami", "--certificate", laptop.certificate] + server)
            #expect(keyless.code == 64 && keyless.error.contains("--certificate-key"), "\(keyless)")
            let missing = try await tool.run(
                ["whoami", "--certificate", "none.pem", "--certificate-key", laptop.key] + server)
            #expect(missing.code == 78 && missing.error.contains("none.pem"), "\(missing)")
            await ann.close()
            await admin.close()
        }
    }
}
