import Client
import Foundation
import ProcessTestSupport
import RPC
import Registry
import Service
import Testing

@Suite(.timeLimit(.minutes(10))) struct AdministrationTests {
    /// What was erased is gone from answers, memory and files, and a backup made before does not bring it back.
    @Test func erasedMeansErased() async throws {
        try await Harness.run { harness in
            let admin = try await harness.admin()
            let ann = try await harness.user("annabella")
            _ = try await ann.enrolled(Harness.order("Grandmother"))
            _ = try await ann.enrolled(Harness.order("mug", thing: 2))
            _ = try await ann.captioned(Harness.photo(1, 9))
            let resident = try await admin.status().residentSets
            let backup = try await admin.createBackup("before")
            #expect(backup.users == 2 && backup.concepts == 2 && backup.artifacts == 2)
            let receipts = try await ann.eraseConcept("grandmother")
            #expect(receipts.count == 1 && receipts[0].kind == "concept" && receipts[0].erasedAtMs > 0)
            // Copies on a disk are out of the registry's reach: it says which there are.
            #expect(receipts[0].backups.map(\.name) == ["before"])
            #expect(receipts[0].backups.map(\.createdAtMs) == [backup.createdAtMs])
            #expect(try await admin.createBackup("after").concepts == 1)
            #expect(try await admin.status().residentSets == resident - 1)
            #expect(try await ann.concepts().map(\.name) == ["mug"])
            #expect(try await ann.erasures() == receipts)
            #expect(await failure { _ = try await ann.undeleteConcept("grandmother") }?.code == .notFound)
            #expect(try await admin.verifyBackup("before") == backup)
            #expect(try await admin.backups().map(\.name) == ["after", "before"])
            let user = try await admin.eraseUser("annabella")
            #expect(user.kind == "user" && user.versions == 1)
            #expect(user.backups.map(\.name).sorted() == ["after", "before"])
            #expect(await failure { _ = try await ann.whoAmI() }?.code == .unauthenticated)
            #expect(try await admin.status().residentSets == 0)
            #expect(try await admin.users().map(\.name) == ["admin"])
            #expect(try await admin.erasures().allSatisfy { !$0.backups.isEmpty })
            #expect(try await admin.erasures().count == 2)
            let folder = harness.home.registry
            for file in try FileManager.default.contentsOfDirectory(atPath: folder) {
                let bytes = try Data(contentsOf: URL(filePath: folder + "/" + file))
                for word in ["annabella", "Grandmother"] {
                    #expect(bytes.range(of: Data(word.utf8)) == nil, "\(word) in \(file)")
                }
            }
            await ann.close()
            await admin.close()
        }
    }

    @Test func onlyWhoMayReachesTheServersOperation() async throws {
        try await Harness.run { harness in
            let admin = try await harness.admin()
            let ann = try await harness.user("ann")
            _ = try await admin.createUser(name: "iris", password: Harness.userPassword, role: .auditor)
            let iris = try harness.client()
            _ = try await iris.login(user: "iris", password: Harness.userPassword)
            let refused = [
                await failure { _ = try await ann.audit() }, await failure { _ = try await ann.verifyAudit() },
                await failure { _ = try await ann.scrub() }, await failure { _ = try await ann.createBackup() },
                await failure { _ = try await ann.backups() }, await failure { _ = try await ann.verifyBackup("x") },
                await failure { _ = try await ann.eraseUser("admin") },
                await failure { _ = try await iris.createBackup() }, await failure { _ = try await iris.scrub() },
                await failure { _ = try await iris.eraseUser("ann") },
            ]
            for (index, error) in refused.enumerated() {
                #expect(error?.code == .permissionDenied, "call \(index): \(String(describing: error))")
            }
            let rows = try await iris.audit(limit: 3)
            #expect(rows.map(\.action) == ["token.login", "user.create", "token.login"])
            #expect(rows.first?.actorName == "iris" && rows.first?.actor != "iris")
            #expect(try await iris.verifyAudit().intact)
            #expect(try await admin.scrub().damaged.isEmpty)
            let bad = ["..", "a/b", "", String(repeating: "x", count: 65)].filter { !$0.isEmpty }
            for name in bad {
                #expect(await failure { _ = try await admin.createBackup(name) }?.code == .invalidArgument)
            }
            _ = try await admin.createBackup("one")
            #expect(await failure { _ = try await admin.createBackup("one") }?.code == .alreadyExists)
            #expect(await failure { _ = try await admin.verifyBackup("two") }?.code == .notFound)
            for client in [admin, ann, iris] { await client.close() }
        }
    }

    @Test func theServersOperationOnTheCommandLine() async throws {
        try await Harness.run { harness in
            let config = ["MYVLM_CONFIG": "\(harness.folder)/admin/config.json"]
            let admin = try CommandLineTool.named("myvlm", environment: config)
            let server = ["--server", "\(harness.address)", "--ca", harness.home.authority]
            #expect(try await admin.run(["login", "admin"] + server, input: Harness.adminPassword + "\n").code == 0)
            let client = try await harness.user("ann")
            _ = try await client.enrolled(Harness.order("zibo"))
            let steps: [([String], Int32, String)] = [
                (["audit", "tail"], 0, "concept.enroll"), (["audit", "tail", "--lines", "0"], 64, "1000"),
                (["audit", "verify"], 0, "all as they were written"), (["backup", "create", "b1"], 0, "b1"),
                (["backup", "create", "b1"], 73, "exists already"), (["backup", "verify", "b1"], 0, "is good"),
                (["backup", "verify", "b2"], 66, "not a backup"), (["backup", "list"], 0, "b1"),
                (["scrub"], 0, "all good"), (["user", "erase", "ann"], 64, "--yes"),
                (["user", "erase", "ann", "--yes"], 0, "erased"), (["user", "erase", "ann", "--yes"], 66, "no user"),
                (["user", "erase", "admin", "--yes"], 65, "last administrator"),
                (["concept", "erase", "zibo", "--yes"], 66, "no concept"), (["concept", "erasures"], 0, "1 versions"),
            ]
            for (arguments, code, words) in steps {
                let output = try await admin.run(arguments)
                #expect(output.code == code, "\(arguments): \(output)")
                #expect((output.out + output.error).contains(words), "\(arguments): \(output)")
            }
            await client.close()
        }
    }

    /// Restoring, rotating the key and scrubbing at the machine, with the server stopped.
    @Test func theHomeIsManagedAtTheMachine() async throws {
        let folder = NSTemporaryDirectory() + "myvlmd-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let home = ServerHome(path: folder + "/home")
        let server = try CommandLineTool.named("myvlmd", environment: ["HOME": folder])
        let made = try await server.run(["init", "--home", home.path], input: Harness.adminPassword + "\n")
        #expect(made.code == 0, "\(made)")
        var configuration = RegistryConfiguration(directory: home.registry)
        configuration.masterKey = .file(home.masterKey)
        let registry = try RegistryStore(configuration)
        _ = try await registry.createBackup(folder + "/backup", by: .console)
        let busy = try await server.run(["backup", "restore", "--home", home.path, folder + "/backup", "--yes"])
        #expect(busy.code == 75 && busy.error.contains("in use"), "\(busy)")
        try registry.close()
        let steps: [([String], Int32, String)] = [
            (["scrub", "--home", home.path], 0, "all good"),
            (["backup", "verify", "--home", home.path, folder + "/backup"], 0, "good; 1 users"),
            (["backup", "verify", "--home", home.path, folder], 66, "not a backup"),
            (["backup", "restore", "--home", home.path, folder + "/backup"], 64, "--yes"),
            (["backup", "restore", "--home", home.path, folder + "/backup", "--yes"], 0, "must log in again"),
            (["key", "rotate", "--home", home.path], 0, "1 data keys"),
            (["backup", "verify", "--home", home.path, folder + "/backup"], 75, "wrapped by the master key"),
            (["key", "rotate", "--home", folder], 66, "not a server home"),
            (["scrub", "--home", home.path], 0, "all good"),
        ]
        for (arguments, code, words) in steps {
            let output = try await server.run(arguments)
            #expect(output.code == code, "\(arguments): \(output)")
            #expect((output.out + output.error).contains(words), "\(arguments): \(output)")
        }
        // A key from the environment, wrapped under first.
        let key = try MasterKey.make()
        try MasterKeyFile.create(folder + "/new.key", key)
        #expect(try await server.run(["key", "rotate", "--home", home.path, "--to", folder + "/new.key"]).code == 0)
        #expect(try await server.run(["scrub", "--home", home.path]).code == 75)
        var environment = server
        environment.environment["MYVLMD_MASTER_KEY"] = key.text
        #expect(try await environment.run(["scrub", "--home", home.path]).code == 0)
        environment.environment["MYVLMD_MASTER_KEY"] = "short"
        #expect(try await environment.run(["scrub", "--home", home.path]).code == 78)
        try FileManager.default.removeItem(atPath: folder)
    }
}
