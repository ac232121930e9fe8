import ArgumentParser
import Client
import Foundation

/// Small calls as fast as they go: what the call layer costs.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Make Status calls over one connection, so many at once, each anew when it ends.")

    @OptionGroup var server: ServerArguments

    @Option(help: "Calls at once, one measurement each.")
    var streams: [Int] = [1, 8, 64]

    @Option(help: "Seconds of each measurement.")
    var seconds = 3.0

    @Option(help: "Seconds before each that are not counted.")
    var warmup = 0.5

    func validate() throws {
        guard streams.allSatisfy({ $0 > 0 }), seconds > 0, warmup >= 0 else {
            throw ValidationError("give numbers above 0")
        }
    }

    func run() async throws {
        let client = try server.clients()[0]
        let writer = LineWriter()
        for count in streams { try await writer.write(try await measure(client, streams: count)) }
        await client.close()
    }

    private func measure(_ client: MyVLMClient, streams: Int) async throws -> StatusSummary {
        let begin = monotonicSeconds() + warmup
        let end = begin + seconds
        let calls = try await withThrowingTaskGroup(of: [CallFigures].self) { group in
            for _ in 0..<streams {
                group.addTask {
                    var mine: [CallFigures] = []
                    while true {
                        let due = monotonicSeconds()
                        guard due < end else { return mine }
                        let figures = await CallFigures.status(client, number: mine.count, due: due)
                        if due >= begin { mine.append(figures) }
                    }
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        return StatusSummary(calls, streams: streams, seconds: seconds)
    }
}

/// Figures of a run of small calls.
struct StatusSummary: Encodable, Sendable {
    let streams: Int
    let callsPerSecond: Double
    let microseconds: Percentiles
    let errors: [String: Int]

    init(_ calls: [CallFigures], streams: Int, seconds: Double) {
        self.streams = streams
        let good = calls.filter { $0.code == "ok" }
        callsPerSecond = Double(good.count) / seconds
        microseconds = Percentiles(good.map { $0.milliseconds * 1_000 })
        errors = Dictionary(calls.filter { $0.code != "ok" }.map { ($0.code, 1) }, uniquingKeysWith: +)
    }
}
