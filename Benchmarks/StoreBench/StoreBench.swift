import ArgumentParser
import Foundation
import Foundations
import Registry

/// Measures the registry as a server holds it: many users, many concepts, one database.
@main
struct StoreBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "store-bench", abstract: "Measure commits, pointer moves and authorised lookups of the registry.",
        discussion: """
            Fills a registry without waiting for the disk, then opens it as a server does (WAL, synchronous=FULL) and \
            measures. One JSON object a line; targets stand beside what has one.
            """)

    @Option(help: "Users.")
    var users = 10_000

    @Option(help: "Concepts of each user.")
    var concepts = 10

    @Option(help: "Bytes of an artifact.")
    var artifactBytes = 12_000

    @Option(help: "Folder to work in; a new one inside it is used and removed.")
    var directory = NSTemporaryDirectory()

    @Option(help: "Seed of artifacts and choices.")
    var seed: UInt64 = 1

    func validate() throws {
        guard users > 0, concepts > 0, artifactBytes > 0 else { throw ValidationError("give numbers above 0") }
    }

    func run() async throws {
        let folder = directory + "/store-bench-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var configuration = RegistryConfiguration(directory: folder)
        configuration.passwordCost = .weakForTests
        configuration.quotas.conceptsPerUser = concepts + 1_000
        var store = try StoreFiller(configuration, seed: seed, artifactBytes: artifactBytes)
        progress("filling: \(users) users with \(concepts) concepts of \(artifactBytes) bytes")
        let started = ContinuousClock.now
        let people = try await store.fill(users: users, concepts: concepts)
        let payload = store.payloadBytes
        try store.close()
        progress("filled in \((ContinuousClock.now - started).seconds) s")
        let size = try folderSize(folder)
        try write("size_ratio", Double(size) / Double(payload), "ratio", target: 1.3)
        try write("database_bytes", Double(size), "bytes")
        try write("payload_bytes", Double(payload), "bytes")
        try await measure(configuration, people, &store)
    }

    private func measure(
        _ configuration: RegistryConfiguration, _ people: [StoreFiller.Person], _ filler: inout StoreFiller
    ) async throws {
        let opening = ContinuousClock.now
        let store = try RegistryStore(configuration)
        try write("open_ms", (ContinuousClock.now - opening).seconds * 1_000, "ms")
        var random = SplitMix64(seed: seed &+ 1)
        // Cold: users nobody asked for since the registry was opened.
        let strangers = people.shuffled(using: &random).prefix(2_000)
        var cold: [Double] = []
        for person in strangers { cold.append(try await lookup(store, person)) }
        try percentiles("lookup_cold_us", cold, "us", target: 200)
        let friends = Array(strangers.prefix(200))
        var cached: [Double] = []
        for _ in 0..<100 { for friend in friends { cached.append(try await lookup(store, friend)) } }
        try percentiles("lookup_cached_us", cached, "us", target: 20)
        var moves: [Double] = []
        let mover = try await store.authenticate(people[0].token)
        _ = try await store.commit(filler.enrollment("concept 0", user: 0, number: 1_000_000), by: mover)
        for step in 0..<500 {
            let begin = ContinuousClock.now
            _ = try await store.promote("concept 0", to: .number(step.isMultiple(of: 2) ? 1 : 2), by: mover)
            moves.append((ContinuousClock.now - begin).seconds * 1_000)
        }
        try percentiles("pointer_move_ms", moves, "ms", target: 2)
        // What one commit cannot go below here: a log of the same size, written and waited for in the same minute.
        let bytes = try await logGrowth(store, mover)
        try write("pointer_move_log_bytes", Double(bytes), "bytes")
        let floor = try DiskFloor(configuration.directory + "/floor", bytes: bytes).measure(times: 200)
        try percentiles("disk_floor_ms", floor, "ms")
        var commits: [Double] = []
        for number in 0..<500 {
            let enrollment = filler.enrollment("new \(number)", user: 0, number: 2_000_000 + number)
            let begin = ContinuousClock.now
            _ = try await store.commit(enrollment, by: mover)
            commits.append((ContinuousClock.now - begin).seconds * 1_000)
        }
        try percentiles("enroll_commit_ms", commits, "ms")
        let scrub = ContinuousClock.now
        let report = try await store.scrub(by: .console)
        try write("scrub_mib_per_s", Double(report.bytes) / 1_048_576 / (ContinuousClock.now - scrub).seconds, "MiB/s")
        guard report.isClean else { throw CleanExit.message("the registry is damaged: \(report)") }
        let backup = ContinuousClock.now
        _ = try await store.createBackup(configuration.directory + "/backup", by: .console)
        try write("backup_s", (ContinuousClock.now - backup).seconds, "s")
        try store.close()
    }

    /// Bytes that one pointer move writes into the log, the log being short enough not to be merged.
    private func logGrowth(_ store: RegistryStore, _ mover: Principal) async throws -> Int {
        try store.moveLogIntoDatabase()
        let log = store.configuration.directory + "/registry.sqlite-wal"
        func size() throws -> Int {
            try (FileManager.default.attributesOfItem(atPath: log)[.size] as? NSNumber)?.intValue ?? 0
        }
        _ = try await store.promote("concept 0", to: .number(1), by: mover)
        let before = try size()
        for step in 0..<10 {
            _ = try await store.promote("concept 0", to: .number(step.isMultiple(of: 2) ? 2 : 1), by: mover)
        }
        return try (size() - before) / 10
    }

    /// Token to principal to the digest of one concept, as a request does it. Microseconds.
    private func lookup(_ store: RegistryStore, _ person: StoreFiller.Person) async throws -> Double {
        let begin = ContinuousClock.now
        let principal = try await store.authenticate(person.token)
        let set = try await store.conceptSet(of: principal.userID)
        let elapsed = (ContinuousClock.now - begin).seconds * 1e6
        guard set.items.count >= concepts else { throw CleanExit.message("a lookup found too few concepts") }
        return elapsed
    }

    private func percentiles(_ name: String, _ values: [Double], _ unit: String, target: Double? = nil) throws {
        let sorted = values.sorted()
        try write(name, sorted[sorted.count / 2], unit, target: target)
        try write(name + "_p99", sorted[min(sorted.count - 1, sorted.count * 99 / 100)], unit)
    }

    private func write(_ metric: String, _ value: Double, _ unit: String, target: Double? = nil) throws {
        struct Line: Encodable {
            let suite = "store"
            let metric: String
            let value: Double
            let unit: String
            let target: Double?
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let line = Line(metric: metric, value: value, unit: unit, target: target)
        try FileHandle.standardOutput.write(contentsOf: encoder.encode(line) + Data("\n".utf8))
    }

    private func progress(_ text: String) {
        FileHandle.standardError.write(Data("store-bench: \(text)\n".utf8))
    }

    private func folderSize(_ folder: String) throws -> Int {
        // The ballast and the lock are not data.
        try ["registry.sqlite", "registry.sqlite-wal"].reduce(0) { sum, name in
            let path = folder + "/" + name
            guard FileManager.default.fileExists(atPath: path) else { return sum }
            let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? NSNumber
            return sum + (size?.intValue ?? 0)
        }
    }
}

extension Duration {
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
