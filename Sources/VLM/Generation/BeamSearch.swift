import Foundation
internal import Rules

/// The most probable continuation that a search over several at once finds, as transformers searches (`num_beams`).
///
/// Deterministic. A continuation's score is the sum of its log-probabilities over its length to the power of the penalty.
public struct BeamSearch: Sendable, Equatable {
    /// Continuations kept side by side.
    public let beams: Int
    /// Above 0 longer answers are favoured, below 0 shorter ones; 1 takes the mean.
    public let lengthPenalty: Float

    /// A search. Throws `invalidArgument` unless there are 1 to 16 beams and the penalty is finite.
    public init(beams: Int, lengthPenalty: Float = 1) throws(VLMError) {
        do {
            try Bounds.check(beams, Bounds.beams, "the number of beams")
            try Bounds.check(lengthPenalty, Bounds.lengthPenalty, "the length penalty")
        } catch {
            throw VLMError(.invalidArgument, error.message)
        }
        self.beams = beams
        self.lengthPenalty = lengthPenalty
    }

    fileprivate struct Candidate {
        let beam: Int
        let token: Int32
        let score: Float
    }

    /// What a search found.
    public struct Answer: Sendable, Equatable {
        /// Without the stop token.
        public let tokens: [Int32]
        /// Whether a stop token ended it; else the limit did.
        public let isStopped: Bool
    }

    /// A search under way, for whoever steps many answers together: `advance`, step `states` with `tokens`, and so on
    /// until there is an answer. Confined to one task at a time.
    public struct Run {
        private struct Beam {
            let state: any Decoding
            let said: [Int32]
            let score: Float
        }

        private let search: BeamSearch
        private let maximumTokens: Int
        private var running: [Beam]
        private var finished: [(answer: Answer, score: Float)] = []
        private var length = 0

        fileprivate init(_ search: BeamSearch, after start: any Decoding, maximumTokens: Int) {
            self.search = search
            self.maximumTokens = max(1, maximumTokens)
            running = [Beam(state: start, said: [], score: 0)]
        }

        /// What to step next.
        public var states: [any Decoding] { running.map(\.state) }
        /// With which tokens, one a state; none before the first `advance`.
        public var tokens: [Int32] { running.compactMap(\.said.last) }

        /// Chooses the next tokens from the states' logits; the answer when the search is over, nil when it goes on.
        /// Throws what copying an answer throws.
        public mutating func advance(_ model: any BranchingModel) throws -> Answer? {
            length += 1
            let (beams, stops) = (search.beams, model.stopTokens)
            let candidates = search.best(
                of: running.map { ($0.state.logits, $0.score) }, count: beams * (1 + max(1, stops.count)))
            var next: [Candidate] = []
            for (rank, candidate) in candidates.enumerated() {
                let isStop = stops.contains(candidate.token)
                let ends = isStop || length == maximumTokens
                if ends, rank < beams {
                    let said = running[candidate.beam].said + (isStop ? [] : [candidate.token])
                    finished.append(
                        (Answer(tokens: said, isStopped: isStop), search.normalised(candidate.score, length)))
                } else if !ends, next.count < beams {
                    next.append(candidate)
                }
            }
            finished = Array(finished.sorted { $0.score > $1.score }.prefix(beams))
            let isOver =
                if let first = next.first {
                    // Nothing that still runs can come before what is finished, were it to end now.
                    finished.count == beams
                        && finished.last.map { search.normalised(first.score, length) <= $0.score } ?? false
                } else {
                    true
                }
            guard isOver else {
                try go(on: next, model)
                return nil
            }
            return finished.first?.answer ?? Answer(tokens: running.first?.said ?? [], isStopped: false)
        }

        /// A state goes on as its first continuation; the others are copies of it.
        private mutating func go(on next: [Candidate], _ model: any BranchingModel) throws {
            var taken = Set<Int>()
            running = try next.map { candidate in
                let beam = running[candidate.beam]
                let state = taken.insert(candidate.beam).inserted ? beam.state : try model.copy(beam.state)
                return Beam(state: state, said: beam.said + [candidate.token], score: candidate.score)
            }
        }
    }

    /// Begins to continue an answer by at most `maximumTokens` > 0 tokens.
    public func begin(after start: any Decoding, maximumTokens: Int) -> Run {
        Run(self, after: start, maximumTokens: maximumTokens)
    }

    /// Continues an answer by at most `maximumTokens` > 0 tokens; a stop token that ends it is not among them.
    ///
    /// Throws what the model throws.
    public func tokens(
        of model: any BranchingModel, after start: any Decoding, maximumTokens: Int
    ) throws -> [Int32] {
        var run = begin(after: start, maximumTokens: maximumTokens)
        while true {
            if let answer = try run.advance(model) { return answer.tokens }
            try model.step(run.states, tokens: run.tokens)
        }
    }

    fileprivate func normalised(_ score: Float, _ length: Int) -> Float { score / pow(Float(length), lengthPenalty) }

    /// The likeliest continuations by one token, the likeliest first, lower ids first among equals.
    fileprivate func best(of running: [(logits: [Float], score: Float)], count: Int) -> [Candidate] {
        var kept: [Candidate] = []
        for (beam, one) in running.enumerated() {
            let logits = one.logits
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
}
