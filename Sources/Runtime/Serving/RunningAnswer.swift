import Foundations
import VLM

/// One running answer: its sequences, and how far the step under way has come. Confined to the jobs of one compute queue.
final class RunningAnswer {
    let id: UInt64
    let request: DecodingLoop.Request
    let places: BatchPlaces.Held
    let decoding: any Decoding
    let waited: Duration
    let attention: [[Float]]
    let outcome: Awaited<DecodingLoop.Output>
    var sampler: TokenSampler
    var search: BeamSearch.Run?
    var assembler = TextAssembler()
    var lastToken: Int32 = 0
    var tokens = 0
    var firstToken = ContinuousClock.now
    /// Sequences the step under way has served. A search's may be served in several rounds: none sees another.
    private var stepped = 0

    init(
        _ arrival: DecodingLoop.Arrival, places: BatchPlaces.Held, decoding: any Decoding, waited: Duration,
        attention: [[Float]]
    ) {
        id = arrival.id
        request = arrival.request
        self.places = places
        self.decoding = decoding
        self.waited = waited
        self.attention = attention
        outcome = arrival.outcome
        sampler = request.sampler
        search = request.search?.begin(after: decoding, maximumTokens: request.maximumTokens)
    }

    /// Sequences that wait for their part of the step.
    var pending: Int { states.count - stepped }

    /// The next sequences of the step, and what is appended to them.
    func next(_ count: Int) -> (states: ArraySlice<any Decoding>, tokens: ArraySlice<Int32>) {
        let range = stepped..<stepped + count
        return (states[range], tokensToStep[range])
    }

    /// These were stepped; true when the step is complete, and tokens may be chosen.
    func served(_ count: Int) -> Bool {
        stepped += count
        guard pending == 0 else { return false }
        stepped = 0
        return true
    }

    private var states: [any Decoding] { search?.states ?? [decoding] }
    private var tokensToStep: [Int32] { search?.tokens ?? [lastToken] }
}

/// The running answers. Unchecked because only jobs of one compute queue touch them: it runs one at a time, orders them,
/// and lets none of those that touch them be interrupted while they do.
final class RunningAnswers: @unchecked Sendable {
    var all: [RunningAnswer] = []
    var plan = RoundPlan()
}
