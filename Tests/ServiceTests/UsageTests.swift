import Client
import Foundation
import Foundations
import ProcessTestSupport
import RPC
import Service
import Testing

@Suite(.timeLimit(.minutes(10))) struct UsageTests {
    @Test func tooManyCallsAreToldWhenToComeBack() throws {
        let now = Locked<Int64>(0)
        let meter = RateMeter(clock: { now.value })
        for _ in 0..<6 { try meter.call(1, perMinute: 6) }
        let error = #expect(throws: RPCError.self) { try meter.call(1, perMinute: 6) }
        #expect(error?.code == .resourceExhausted && error?.message.contains("6 of 6 requests") == true)
        #expect(error?.trailers["retry-after-ms"] == "10000")
        // Another user has a bucket of its own.
        try meter.call(2, perMinute: 6)
        now.set(5_000)
        #expect(throws: RPCError.self, "half of a call is none") { try meter.call(1, perMinute: 6) }
        now.set(10_000)
        try meter.call(1, perMinute: 6)
        #expect(throws: RPCError.self) { try meter.call(1, perMinute: 6) }
        #expect(throws: RPCError.self) { try meter.call(3, perMinute: 0) }
        for _ in 0..<2 { try meter.enter(1, streams: 2) }
        let full = #expect(throws: RPCError.self) { try meter.enter(1, streams: 2) }
        #expect(full?.message.contains("2 of 2 streams") == true)
        meter.leave(1)
        try meter.enter(1, streams: 2)
        #expect(meter.counts(1, perMinute: 6).streams == 2)
    }

    @Test func limitsReachTheCallers() async throws {
        try await Harness.run { harness in
            let admin = try await harness.admin()
            let ann = try await harness.user("ann")
            let set = try await admin.setQuotas(["streams": 1, "concepts": 1], of: "ann")
            #expect(set.first { $0.name == "streams" }?.own == true)
            #expect(try await ann.usage().map(\.name).count == 5)
            _ = try await ann.enrolled(Harness.order("one"))
            let second = await failure { _ = try await ann.enrolled(Harness.order("two", thing: 2)) }
            #expect(second?.code == .resourceExhausted && second?.message.contains("1 of 1 concepts") == true)
            let (opened, source) = AsyncStream.makeStream(of: Void.self)
            let watching = Task { for try await _ in ann.watch() { source.yield() } }
            for await _ in opened { break }
            let full = await failure { _ = try await ann.captioned(Harness.photo(1)) }
            #expect(full?.code == .resourceExhausted && full?.message.contains("1 of 1 streams") == true)
            #expect(full?.retryAfter != nil && full?.exitCode == 75)
            watching.cancel()
            _ = try await admin.setQuotas(["requests-per-minute": 2, "streams": nil], of: "ann")
            var refused: MyVLMError?
            for _ in 0..<4 where refused == nil { refused = await failure { _ = try await ann.concepts() } }
            #expect(refused?.code == .resourceExhausted && refused?.retryAfter != nil, "\(String(describing: refused))")
            harness.now.withLock { $0 += 60_000 }
            #expect(try await ann.concepts().count == 1)
            let unknown = await failure { _ = try await admin.setQuotas(["cups": 1], of: "ann") }
            #expect(unknown?.code == .invalidArgument && unknown?.message.contains("enrollment-minutes") == true)
            await ann.close()
            await admin.close()
        }
    }

    @Test func sharedConceptsAreRecognised() async throws {
        try await Harness.run { harness in
            let ann = try await harness.user("ann")
            let ben = try await harness.user("ben")
            _ = try await ann.enrolled(Harness.order("zibo"))
            let before = try await ben.captioned(Harness.photo(1, 9))
            _ = try await ann.share("zibo", with: "ben")
            _ = try await ben.acceptShare("zibo", of: "ann")
            let report = try await ben.recognize(Harness.photo(1, 9))
            #expect(report.results.map(\.concept) == ["ann/zibo"])
            #expect(try await ben.shares() == ann.shares())
            #expect(try await ben.concepts().isEmpty)
            #expect(await failure { _ = try await ben.concept("zibo") }?.code == .notFound)
            try await ann.unshare("zibo", with: "ben")
            let after = try await ben.captioned(Harness.photo(1, 9))
            #expect(after.answer.conceptSetDigest == before.answer.conceptSetDigest)
            await ann.close()
            await ben.close()
        }
    }

    @Test func limitsAndSharesOnTheCommandLine() async throws {
        try await Harness.run { harness in
            let admin = try CommandLineTool.named(
                "myvlm", environment: ["MYVLM_CONFIG": "\(harness.folder)/admin/config.json"])
            let client = try await harness.user("ann")
            let server = ["--server", "\(harness.address)", "--ca", harness.home.authority]
            #expect(try await admin.run(["login", "admin"] + server, input: Harness.adminPassword + "\n").code == 0)
            let steps: [([String], Int32, String)] = [
                (["usage"], 0, "requests-per-minute"), (["usage", "--user", "ann"], 0, "everybody"),
                (["user", "quota", "ann", "--concepts", "5"], 0, "this user"),
                (["user", "quota", "ann"], 64, "--help"),
                (["user", "quota", "ann", "--concepts", "x"], 64, "default"),
                (["user", "quota", "ann", "--concepts", "default"], 0, "everybody"),
                (["user", "identity", "ann", "--add", "CN=a"], 0, "CN=a"),
                (["user", "identity", "ann", "--remove", "CN=b"], 66, "does not stand"),
                (["concept", "share", "zibo", "ann"], 66, "no concept"), (["concept", "shares"], 0, "OWNER"),
                (["whoami", "--certificate", "x.pem"], 64, "--certificate-key"),
            ]
            for (arguments, code, words) in steps {
                let output = try await admin.run(arguments)
                #expect(output.code == code, "\(arguments): \(output)")
                #expect((output.out + output.error).contains(words), "\(arguments): \(output)")
            }
            await client.close()
        }
    }
}
