import ArgumentParser
import Client
import Foundation

/// A user who means no harm, beside whom a server is attacked: a line for every call, until it is ended.
struct BystanderCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bystander", abstract: "Make a few calls a second and tell how each one went.",
        discussion: """
            Calls are due at fixed times, whether or not those before have ended, and are measured from when they were \
            due. Captions come one after the other.
            """)

    @OptionGroup var server: ServerArguments

    @Option(help: "Status calls a second over one connection.")
    var statusPerSecond = 10.0

    @Option(help: "Status calls a second over a new connection each.")
    var freshPerSecond = 0.0

    @Option(help: "Captions one after the other, with so many milliseconds between them; 0 makes none.")
    var captionPause = 0

    @Option(help: "Tokens of a caption at most; 0 leaves it to the server.")
    var maxTokens = 0

    @Option(help: "Folder of JPEG files that the photos are made from.")
    var photos: String?

    @Option(help: "Seed of the photos.")
    var seed: UInt64 = 1

    @Option(help: "Ends by itself after so many seconds.")
    var seconds = 3_600.0

    func run() async throws {
        let client = try server.clients()[0]
        let token = client.token
        let supply = try photos.map { try PhotoSupply(folder: $0) }
        let writer = LineWriter()
        let end = monotonicSeconds() + seconds
        try await withThrowingTaskGroup(of: Void.self) { group in
            if statusPerSecond > 0 {
                group.addTask {
                    try await steadily(statusPerSecond, until: end) { number, due in
                        try await writer.write(await CallFigures.status(client, number: number, due: due))
                    }
                }
            }
            if freshPerSecond > 0 {
                group.addTask {
                    try await steadily(freshPerSecond, until: end) { number, due in
                        let fresh = try server.client(token: token)
                        let figures = await CallFigures.status(fresh, kind: "fresh", number: number, due: due)
                        await fresh.close()
                        try await writer.write(figures)
                    }
                }
            }
            if captionPause > 0, let supply {
                group.addTask { try await caption(client, supply, until: end, writer) }
            }
            try await group.waitForAll()
        }
        await client.close()
    }

    private func caption(
        _ client: MyVLMClient, _ supply: PhotoSupply, until end: Double, _ writer: LineWriter
    ) async throws {
        var number = 0
        while monotonicSeconds() < end {
            let due = monotonicSeconds()
            let figures = await CallFigures.caption(
                client, supply.photo(seed << 32 | UInt64(number)),
                sampling: Sampling(maxTokens: UInt32(clamping: maxTokens)),
                number: number, due: due)
            try await writer.write(figures)
            number += 1
            try await Task.sleep(for: .milliseconds(captionPause))
        }
    }
}

/// Runs `call` so many times a second, at times fixed beforehand; at most 64 run at once.
func steadily(
    _ perSecond: Double, until end: Double, _ call: @escaping @Sendable (Int, Double) async throws -> Void
) async throws {
    let begin = monotonicSeconds()
    try await withThrowingTaskGroup(of: Void.self) { group in
        var number = 0
        var running = 0
        while begin + Double(number) / perSecond < end {
            let (mine, due) = (number, begin + Double(number) / perSecond)
            try await wait(until: due)
            if running >= 64 {
                try await group.next()
                running -= 1
            }
            group.addTask { try await call(mine, due) }
            running += 1
            number += 1
        }
        try await group.waitForAll()
    }
}
