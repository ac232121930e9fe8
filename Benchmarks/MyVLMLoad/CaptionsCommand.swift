import ArgumentParser
import Client
import Foundation

/// Captions of many users at once.
struct CaptionsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "captions", abstract: "Caption photos that all differ, as many users at once as there are tokens.",
        discussion: """
            Closed loop: each caller begins the next caption when the one before has ended. Open loop (--rate): captions \
            begin at fixed times, shared out among the users, and are measured from when they were due. Figures count \
            the captions that began after the warm-up and before the end.
            """)

    @OptionGroup var server: ServerArguments

    @Option(help: "Folder of JPEG files that the photos are made from.")
    var photos: String

    @Option(help: "Captions at once of each user.")
    var callers = 1

    @Option(help: "Open loop: captions a second of all users together.")
    var rate: Double?

    @Option(help: "Seconds to measure.")
    var seconds = 10.0

    @Option(help: "Seconds before that are not counted.")
    var warmup = 2.0

    @Option(help: "Tokens of a caption at most; 0 leaves it to the server.")
    var maxTokens = 0

    @Option(help: "Continuations of the search for the likeliest caption; 1 chooses token by token.")
    var beams = 1

    @Option(help: "Seed of the photos.")
    var seed: UInt64 = 1

    @Flag(help: "Closed loop: cancel the captions that have not ended when the time is over, instead of waiting.")
    var abandon = false

    func validate() throws {
        guard callers > 0, seconds > 0, warmup >= 0, beams > 0, rate ?? 1 > 0 else {
            throw ValidationError("give numbers above 0")
        }
    }

    func run() async throws {
        let clients = try server.clients()
        let supply = try PhotoSupply(folder: photos)
        let begin = monotonicSeconds() + warmup
        let end = begin + seconds
        let collected = Collected()
        if let rate {
            try await steadily(rate, until: end) { number, due in
                await collected.add(await one(clients[number % clients.count], supply, number, due))
            }
        } else {
            try await closedLoop(clients, supply, until: end, collected)
        }
        try await LineWriter().write(
            await CaptionSummary(collected.calls.filter { $0.at >= begin && $0.at < end }, users: clients.count))
        for client in clients { await client.close() }
    }

    private func one(
        _ client: MyVLMClient, _ supply: PhotoSupply, _ number: Int, _ due: Double
    ) async -> CallFigures {
        let sampling = Sampling(
            maxTokens: UInt32(clamping: maxTokens),
            beam: beams == 1 ? nil : BeamOptions(beams: UInt32(clamping: beams), lengthPenalty: 1))
        return await .caption(
            client, supply.photo(seed << 32 | UInt64(number)), sampling: sampling, number: number, due: due)
    }

    private func closedLoop(
        _ clients: [MyVLMClient], _ supply: PhotoSupply, until end: Double, _ collected: Collected
    ) async throws {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for caller in 0..<clients.count * callers {
                group.addTask {
                    try await loop(clients, supply, caller, until: end, collected)
                    return false
                }
            }
            if abandon {
                group.addTask {
                    try await wait(until: end)
                    return true
                }
            }
            while let over = try await group.next() { if over { group.cancelAll() } }
        }
    }

    private func loop(
        _ clients: [MyVLMClient], _ supply: PhotoSupply, _ caller: Int, until end: Double, _ collected: Collected
    ) async throws {
        var number = caller
        while monotonicSeconds() < end, !Task.isCancelled {
            let figures = await one(clients[caller % clients.count], supply, number, monotonicSeconds())
            guard !Task.isCancelled else { return }
            await collected.add(figures)
            number += clients.count * callers
            guard figures.code != "ok" else { continue }
            // Who is refused comes again a little later, as the command line does.
            do {
                try await Task.sleep(for: .milliseconds(min(figures.retryAfterMilliseconds ?? 50, 500)))
            } catch is CancellationError {
                return
            }
        }
    }
}

/// What several tasks measured.
actor Collected {
    private(set) var calls: [CallFigures] = []
    func add(_ figures: CallFigures) { calls.append(figures) }
}

/// Figures of a run of captions.
struct CaptionSummary: Encodable, Sendable {
    let users: Int
    let captions: Int
    /// From the first call to the last answer.
    let seconds: Double
    let captionsPerSecond: Double
    let tokensPerSecond: Double
    let firstTokenMilliseconds: Percentiles
    let milliseconds: Percentiles
    /// How many calls ended with which code.
    let errors: [String: Int]

    init(_ calls: [CallFigures], users: Int) {
        let good = calls.filter { $0.code == "ok" }
        let begin = calls.map(\.at).min() ?? 0
        let last = good.map { $0.at + $0.milliseconds / 1_000 }.max() ?? begin
        self.users = users
        captions = good.count
        seconds = last - begin
        captionsPerSecond = seconds > 0 ? Double(good.count) / seconds : 0
        tokensPerSecond = seconds > 0 ? Double(good.compactMap(\.tokens).reduce(0, +)) / seconds : 0
        firstTokenMilliseconds = Percentiles(good.compactMap(\.firstTokenMilliseconds))
        milliseconds = Percentiles(good.map(\.milliseconds))
        errors = Dictionary(calls.filter { $0.code != "ok" }.map { ($0.code, 1) }, uniquingKeysWith: +)
    }
}
