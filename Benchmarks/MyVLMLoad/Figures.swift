import Client

/// Order statistics of what was measured.
struct Percentiles: Encodable, Sendable {
    let p50: Double
    let p99: Double
    let max: Double
    let count: Int

    /// Nearest rank; zeros where nothing was measured.
    init(_ values: [Double]) {
        let sorted = values.sorted()
        func rank(_ share: Double) -> Double {
            guard !sorted.isEmpty else { return 0 }
            return sorted[Swift.min(sorted.count - 1, Int((share * Double(sorted.count)).rounded(.up)) - 1)]
        }
        p50 = rank(0.5)
        p99 = rank(0.99)
        max = sorted.last ?? 0
        count = sorted.count
    }
}

/// How one call went.
struct CallFigures: Encodable, Sendable {
    /// Counts the calls of a kind from 0, so that a reader sees which have not ended.
    let number: Int
    let kind: String
    /// When it was due, in seconds of CLOCK_MONOTONIC. Latencies count from here, so that waiting for an earlier call
    /// counts too.
    let at: Double
    let milliseconds: Double
    /// "ok", or the code of the error.
    let code: String
    var firstTokenMilliseconds: Double?
    var tokens: Int?
    /// What the server asked to wait.
    var retryAfterMilliseconds: Double?

    /// Makes a call and measures it from when it was due.
    static func measure(
        _ kind: String, number: Int, due: Double, _ call: (inout CallFigures.Part) async throws -> Void
    ) async -> CallFigures {
        var part = Part(due: due)
        var code = "ok"
        do {
            try await call(&part)
        } catch let error as MyVLMError {
            code = error.code.rawValue
            part.retryAfter = error.retryAfter
        } catch {
            code = "\(type(of: error))"
        }
        return CallFigures(
            number: number, kind: kind, at: due, milliseconds: (monotonicSeconds() - due) * 1_000, code: code,
            firstTokenMilliseconds: part.firstToken, tokens: part.tokens,
            retryAfterMilliseconds: part.retryAfter.map { Double($0.components.seconds) * 1_000 })
    }

    /// What a call finds out while it runs.
    struct Part {
        let due: Double
        var firstToken: Double?
        var tokens: Int?
        var retryAfter: Duration?

        init(due: Double) { self.due = due }

        mutating func sawText() {
            if firstToken == nil { firstToken = (monotonicSeconds() - due) * 1_000 }
        }
    }
}

extension CallFigures {
    /// One caption, read to its end.
    static func caption(
        _ client: MyVLMClient, _ photo: Photo, sampling: Sampling, number: Int, due: Double
    ) async -> CallFigures {
        await measure("caption", number: number, due: due) { part in
            for try await event in client.caption(photo, sampling: sampling) {
                switch event {
                case .piece: part.sawText()
                case .loading: break
                case .end(let answer):
                    part.sawText()
                    part.tokens = Int(answer.timings?.tokens ?? 0)
                }
            }
        }
    }

    /// One `Status`.
    static func status(_ client: MyVLMClient, kind: String = "status", number: Int, due: Double) async -> CallFigures {
        await measure(kind, number: number, due: due) { _ in _ = try await client.status() }
    }
}
