import Foundation

/// The most probable continuation that a search over several at once finds, as transformers searches (`num_beams`).
///
/// Deterministic. A continuation's score is the sum of its log-probabilities over its length to the power of the penalty.
public struct BeamSearch: Sendable, Equatable {
    /// Continuations kept side by side.
    public let beams: Int
    /// Above 0 longer answers are favoured, below 0 shorter ones; 1 takes the mean.
    public let lengthPenalty: Float

    /// A search. Throws `invalidArgument` unless there are 1 to 16 beams and the penalty is finite.
    public init(beams: Int, lengthPenalty: Float = 1) throws {
        guard (1...16).contains(beams) else { throw VLMError(.invalidArgument, "\(beams) beams; 1 to 16 are possible") }
        guard lengthPenalty.isFinite, abs(lengthPenalty) <= 8 else {
            throw VLMError(.invalidArgument, "a length penalty of \(lengthPenalty); it must lie between -8 and 8")
        }
        self.beams = beams
        self.lengthPenalty = lengthPenalty
    }

    private struct Running {
        let state: any Decoding
        let said: [Int32]
        let score: Float
    }

    private struct Candidate {
        let beam: Int
        let token: Int32
        let score: Float
    }

    private struct Finished {
        let said: [Int32]
        let score: Float
    }

    /// Continues an answer by at most `maximumTokens` > 0 tokens; a stop token that ends it is not among them.
    ///
    /// Throws what the model throws; `unsupported` where it cannot continue an answer in several ways.
    public func tokens(
        of model: any FrozenVLM, after start: any Decoding, maximumTokens: Int
    ) throws -> [Int32] {
        var running = [Running(state: start, said: [], score: 0)]
        var finished: [Finished] = []
        for length in 1...max(1, maximumTokens) {
            let candidates = best(of: running, count: beams * (1 + max(1, model.stopTokens.count)))
            var next: [Candidate] = []
            for (rank, candidate) in candidates.enumerated() {
                let ends = model.stopTokens.contains(candidate.token) || length == maximumTokens
                if ends, rank < beams {
                    let isStop = model.stopTokens.contains(candidate.token)
                    finished.append(
                        Finished(
                            said: running[candidate.beam].said + (isStop ? [] : [candidate.token]),
                            score: normalised(candidate.score, length)))
                } else if !ends, next.count < beams {
                    next.append(candidate)
                }
            }
            finished = Array(finished.sorted { $0.score > $1.score }.prefix(beams))
            guard let first = next.first else { break }
            // Nothing that still runs can come before what is finished, were it to end now.
            if finished.count == beams, let last = finished.last, normalised(first.score, length) <= last.score {
                break
            }
            running = try continued(running, next, model)
        }
        return finished.first?.said ?? running.first?.said ?? []
    }

    private func normalised(_ score: Float, _ length: Int) -> Float { score / pow(Float(length), lengthPenalty) }

    /// The likeliest continuations by one token, the likeliest first, lower ids first among equals.
    private func best(of running: [Running], count: Int) -> [Candidate] {
        var kept: [Candidate] = []
        for (beam, one) in running.enumerated() {
            let logits = one.state.logits
            let total = logSum(logits)
            for (token, logit) in logits.enumerated() {
                let score = one.score + (logit - total)
                if kept.count == count, let last = kept.last, score <= last.score { continue }
                let place = kept.firstIndex { $0.score < score } ?? kept.endIndex
                kept.insert(Candidate(beam: beam, token: Int32(token), score: score), at: place)
                if kept.count > count { kept.removeLast() }
            }
        }
        return kept
    }

    private func logSum(_ logits: [Float]) -> Float {
        let top = logits.max() ?? 0
        return top + Float(log(logits.reduce(0.0) { $0 + Double(exp($1 - top)) }))
    }

    /// Steps the chosen continuations. A state goes on as its first continuation; the others are copies of it.
    private func continued(
        _ running: [Running], _ next: [Candidate], _ model: any FrozenVLM
    ) throws -> [Running] {
        var taken = Set<Int>()
        let states = try next.map { candidate in
            let state = running[candidate.beam].state
            return taken.insert(candidate.beam).inserted ? state : try model.copy(state)
        }
        try model.step(states, tokens: next.map(\.token))
        return zip(states, next).map {
            Running(state: $0, said: running[$1.beam].said + [$1.token], score: $1.score)
        }
    }
}
