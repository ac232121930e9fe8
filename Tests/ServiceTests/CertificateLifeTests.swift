import Foundation
import ProcessTestSupport
import Registry
import Service
import Testing

@Suite(.timeLimit(.minutes(10))) struct CertificateLifeTests {
    private static let day: Int64 = 86_400_000

    private func made() async throws -> ServerHome {
        let home = ServerHome(path: NSTemporaryDirectory() + "myvlm-life-\(UUID().uuidString)")
        try await HomeSetup(home: home, hosts: ["vlm.example.org", "10.0.0.7", "2001:db8::7"], administrator: "admin")
            .create(password: Harness.adminPassword, passwordCost: .weakForTests)
        return home
    }

    /// A server with a certificate that nobody takes said nothing, and its clients all the more.
    @Test func theLogTellsOfCertificatesThatEnd() async throws {
        let home = try await made()
        defer { try? FileManager.default.removeItem(atPath: home.path) }
        let server = try #require(try CertificateLife.read(home.certificate).first)
        let authority = try #require(try CertificateLife.read(home.authority).first)
        var settings = ServiceConfiguration()
        settings.clientAuthority = home.authority
        let watch = CertificateWatch(home, settings)
        func said(_ at: Int64) -> [String] { watch.lines(atMs: at).map { "\($0.level) \($0.message)" } }
        #expect(said(server.fromMs).isEmpty && said(server.untilMs - 30 * Self.day).isEmpty)
        let soon = said(server.untilMs - 30 * Self.day + 1)
        #expect(soon.count == 1 && soon[0].hasPrefix("warning the server's certificate expires in 29 days"), "\(soon)")
        let over = said(server.untilMs)
        #expect(over.count == 1 && over[0].hasPrefix("error the server's certificate has expired on 2"), "\(over)")
        #expect(over[0].contains("myvlmd certificate renew --home \(home.path)`"), "\(over)")
        // The authority of the server and that of the clients, each with what to do.
        let all = said(authority.untilMs)
        #expect(all.count == 3 && all[1].contains("--authority`") && all[2].contains("clients"), "\(all)")
        let early = said(authority.fromMs - 1)
        #expect(
            early.count == 3 && early.allSatisfy { $0.contains("is not good before") && $0.contains("clock") },
            "\(early)")
    }

    @Test func renewingKeepsNamesKeyAndAuthority() async throws {
        let home = try await made()
        defer { try? FileManager.default.removeItem(atPath: home.path) }
        let before = try #require(try CertificateLife.read(home.certificate).first)
        let files = try [home.key, home.authority, home.authorityKey].map { try Data(contentsOf: URL(filePath: $0)) }
        let old = try Data(contentsOf: URL(filePath: home.certificate))
        let tool = try CommandLineTool.named("myvlmd")
        let renewed = try await tool.run(
            ["certificate", "renew", "--home", home.path, "--host", "new.example.org", "--host", "::1"])
        #expect(renewed.code == 0 && renewed.out.contains("restart the server"), "\(renewed)")
        let after = try #require(try CertificateLife.read(home.certificate).first)
        #expect(after.names == before.names + ["new.example.org"], "\(after)")
        #expect(try Data(contentsOf: URL(filePath: home.certificate)) != old)
        #expect(
            try [home.key, home.authority, home.authorityKey].map { try Data(contentsOf: URL(filePath: $0)) } == files)
        let verified = try await Program(path: "/usr/bin/openssl").run([
            "verify", "-CAfile", home.authority, home.certificate,
        ])
        #expect(verified.code == 0, "\(verified)")
        let shown = try await tool.run(["certificate", "show", "--home", home.path])
        #expect(shown.code == 0 && shown.out.contains("vlm.example.org") && shown.out.contains("good from"), "\(shown)")
    }

    @Test func renewingSaysWhatIsMissing() async throws {
        let home = try await made()
        let other = try await made()
        let manager = FileManager.default
        defer { for it in [home, other] { try? manager.removeItem(atPath: it.path) } }
        let tool = try CommandLineTool.named("myvlmd")
        let wrong = try await tool.run(
            ["certificate", "renew", "--home", home.path, "--authority-key", other.authorityKey])
        #expect(wrong.code == 65 && wrong.error.contains("is not the key of"), "\(wrong)")
        try manager.moveItem(atPath: home.authorityKey, toPath: home.authorityKey + ".away")
        let away = try await tool.run(["certificate", "renew", "--home", home.path])
        #expect(away.code == 66 && away.error.contains("ca.key") && away.error.contains("--authority-key"), "\(away)")
        let named = try await tool.run(
            ["certificate", "renew", "--home", home.path, "--authority-key", home.authorityKey + ".away"])
        #expect(named.code == 0, "\(named)")
        // An authority that has ended signs nothing; another one does.
        let late = try #require(try CertificateLife.read(home.authority).first).untilMs
        let expired = #expect(throws: ServiceError.self) {
            try CertificateRenewal(home: other).renew(nowMs: late)
        }
        #expect(expired?.message.contains("--authority") == true)
        let fresh = try await tool.run(["certificate", "renew", "--home", home.path, "--authority"])
        #expect(fresh.code == 0 && fresh.out.contains("hand"), "\(fresh)")
        let verified = try await Program(path: "/usr/bin/openssl").run([
            "verify", "-CAfile", home.authority, home.certificate,
        ])
        #expect(verified.code == 0, "\(verified)")
    }
}
