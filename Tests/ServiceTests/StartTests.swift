import Client
import Foundation
import Foundations
import Logging
import Registry
import Service
import Testing

@Suite(.timeLimit(.minutes(10))) struct StartTests {
    private func folder() throws -> String {
        let folder = NSTemporaryDirectory() + "myvlm-start-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        return folder
    }

    private func code(_ body: () async throws -> Void) async -> ServiceError.Code? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? ServiceError)?.code
        }
    }

    @Test func aHomeIsPrivateAndNeverReplaced() async throws {
        let folder = try self.folder()
        let home = ServerHome(path: folder + "/home/")
        let setup = HomeSetup(home: home, hosts: ["vlm.example.org", "10.0.0.7"], administrator: "admin")
        try await setup.create(password: Harness.adminPassword, passwordCost: .weakForTests)
        for (path, mode) in [
            (home.path, 0o700), (home.key, 0o600), (home.authorityKey, 0o600), (home.configuration, 0o600),
        ] {
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == mode, "\(path)")
        }
        let key = try Data(contentsOf: URL(filePath: home.key))
        #expect(
            await code { try await setup.create(password: "another password", passwordCost: .weakForTests) }
                == .cannotCreate)
        #expect(try Data(contentsOf: URL(filePath: home.key)) == key, "a refused init changed the key")
        #expect(try ServiceConfiguration.load(home) == ServiceConfiguration())
        try FileManager.default.removeItem(atPath: folder)
    }

    @Test func aFailedInitLeavesNothing() async throws {
        let folder = try self.folder()
        let home = ServerHome(path: folder + "/home")
        // The registry refuses a password this short.
        await #expect(throws: RegistryError.self) {
            try await HomeSetup(home: home, hosts: [], administrator: "admin").create(
                password: "x", passwordCost: .weakForTests)
        }
        #expect(!FileManager.default.fileExists(atPath: home.path))
        #expect(
            await code {
                try await HomeSetup(home: home, hosts: ["a,IP:1.2.3.4"], administrator: "admin").create(
                    password: Harness.adminPassword, passwordCost: .weakForTests)
            } == .usage)
        #expect(!FileManager.default.fileExists(atPath: home.path))
        try FileManager.default.removeItem(atPath: folder)
    }

    @Test func badSettingsAreNamed() throws {
        let folder = try self.folder()
        let home = ServerHome(path: folder)
        #expect(throws: ServiceError.self) { try ServiceConfiguration.load(home) }
        for text in ["", "{", #"{"concurrentAnswers": 0}"#, #"{"maximumPhotoBytes": 99999999}"#, #"{"listen": 7}"#] {
            try Data(text.utf8).write(to: URL(filePath: home.configuration))
            do {
                _ = try ServiceConfiguration.load(home)
                Issue.record("\(text) was taken")
            } catch {
                #expect(error.code == .configuration && error.exitCode == 78, "\(text): \(error)")
            }
        }
        try Data(#"{"concurrentAnswers": 3}"#.utf8).write(to: URL(filePath: home.configuration))
        #expect(try ServiceConfiguration.load(home).concurrentAnswers == 3)
        try FileManager.default.removeItem(atPath: folder)
    }

    @Test(arguments: ["7443", "host", "host:", ":1", "::1:7443", "host:70000", "[::1]"])
    func badAddressesAreRefused(_ text: String) {
        #expect(throws: ServiceError.self) { try ListenAddress(text) }
    }

    @Test func addressesAreReadAndWritten() throws {
        for text in ["127.0.0.1:0", "[::1]:7443", "localhost:65535"] {
            #expect(try ListenAddress(text).description == text)
        }
    }

    @Test func aModelThatIsMissingOrCorruptIsNamed() async throws {
        let folder = try self.folder()
        #expect(await code { _ = try LoadedModel(directory: folder + "/nowhere") } == .missingFile)
        let config =
            #"{"model_type": "pocket", "files": {"bank.safetensors": {"sha256": "\#(String(repeating: "0", count: 64))"}}}"#
        try Data(config.utf8).write(to: URL(filePath: folder + "/config.json"))
        try Data("damaged".utf8).write(to: URL(filePath: folder + "/bank.safetensors"))
        #expect(await code { _ = try LoadedModel(directory: folder) } == .badData)
        // What can be told before any weight is read.
        try LoadedModel.check(directory: folder, options: ModelOptions(numberFormat: "int8"))
        for (options, wanted) in [
            (ModelOptions(numberFormat: "int9"), ServiceError.Code.badData),
            (ModelOptions(headEncoder: folder + "/nowhere"), .missingFile),
        ] {
            #expect(await code { try LoadedModel.check(directory: folder, options: options) } == wanted)
        }
        #expect(
            await code { try LoadedModel.check(directory: folder + "/nowhere", options: ModelOptions()) }
                == .missingFile)
        try FileManager.default.removeItem(atPath: folder)
    }

    @Test func aPortInUseIsNamed() async throws {
        try await Harness.run { first in
            var setup = Harness.Setup()
            setup.listen = first.address
            do {
                try await Harness.run(setup) { _ in Issue.record("two servers on one port") }
                Issue.record("the port was taken twice")
            } catch let error as ServiceError {
                #expect(error.code == .unavailable && error.exitCode == 69)
            }
            #expect(try await first.admin().whoAmI().name == "admin", "the first server was harmed")
        }
    }

    @Test func anotherAuthorityIsNotTrusted() async throws {
        try await Harness.run { harness in
            let folder = try self.folder()
            let other = ServerHome(path: folder + "/other")
            try await HomeSetup(home: other, hosts: [], administrator: "admin").create(
                password: Harness.adminPassword, passwordCost: .weakForTests)
            let client = try MyVLMClient(
                ConnectionOptions(
                    host: harness.address.host, port: harness.address.port, authorityFile: other.authority),
                timeout: Harness.patience)
            let error = await failure { _ = try await client.login(user: "admin", password: Harness.adminPassword) }
            #expect(error?.code == .unavailable && error?.exitCode == 69, "\(String(describing: error))")
            #expect(error?.message.lowercased().contains("certificate") == true, "\(String(describing: error))")
            #expect(!harness.log.value.contains { $0.contains("Accounts/Login") }, "the password was sent")
            await client.close()
            let none = await failure {
                _ = try MyVLMClient(ConnectionOptions(host: "localhost", port: 1, authorityFile: folder + "/no.pem"))
            }
            #expect(none?.code == .configuration && none?.exitCode == 78)
            try FileManager.default.removeItem(atPath: folder)
        }
    }

    @Test func nobodyThereIsUnavailable() async throws {
        let closed = Locked<(MyVLMClient, String)?>(nil)
        try await Harness.run { harness in
            let folder = try self.folder()
            let copy = folder + "/ca.pem"
            try FileManager.default.copyItem(atPath: harness.home.authority, toPath: copy)
            let client = try MyVLMClient(
                ConnectionOptions(host: harness.address.host, port: harness.address.port, authorityFile: copy),
                timeout: Harness.patience)
            _ = try await client.login(user: "admin", password: Harness.adminPassword)
            closed.set((client, folder))
        }
        let (client, folder) = try #require(closed.value)
        let error = await failure { _ = try await client.whoAmI() }
        #expect(error?.code == .unavailable && error?.exitCode == 69, "\(String(describing: error))")
        await client.close()
        try FileManager.default.removeItem(atPath: folder)
    }

    /// A disk that fills while users enroll: the enrollment is refused, what was there goes on working.
    @Test func aFullDiskLosesNothing() async throws {
        var setup = Harness.Setup()
        setup.adjustRegistry = { $0.maximumPages = 60 }
        try await Harness.run(setup) { harness in
            let ann = try await harness.user("ann")
            var made: [Enrolled] = []
            var refused: MyVLMError?
            while refused == nil, made.count < 500 {
                var order = try Harness.order("thing \(made.count % 8)", thing: UInt64(made.count), views: 0..<1)
                order.seed = UInt64(made.count) + 1
                do {
                    made.append(try await ann.enrolled(order))
                } catch let error as MyVLMError {
                    refused = error
                }
            }
            #expect(refused?.code == .resourceExhausted && refused?.exitCode == 75, "\(String(describing: refused))")
            #expect(refused?.message.contains("space") == true, "\(String(describing: refused))")
            #expect(!made.isEmpty)
            let names = Set(made.map(\.version.concept))
            #expect(try await Set(ann.concepts().map(\.name)) == names)
            for name in names {
                let last = try #require(made.last { $0.version.concept == name })
                #expect(try await ann.concept(name).current.digest == last.version.digest)
            }
            #expect(try await ann.recognize(Harness.photo(0)).results.count == names.count)
            await ann.close()
        }
    }

    @Test func theEndpointFileTellsTheAddressWhileItServes() async throws {
        try await Harness.run { harness in
            let text = try String(contentsOfFile: harness.home.endpoint, encoding: .utf8)
            #expect(text == "\(harness.address)\n" && harness.address.port != 0)
        }
    }
}
