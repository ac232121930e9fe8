import Compute
import Foundations
import Synchronization
import VLM

/// One decoding loop for everybody: continuous batching on the compute queue.
///
/// An answer comes in when it has a place in the batch (`BatchPlaces`); its prefill is a job of its user. A round is one
/// step of running answers together, whoever they belong to, and which of them is fair between users (`RoundPlan`). It is
/// the job of the answers' lane that those users share, so vision passes, prefills and training steps get their turns
/// between rounds, and each user pays for its own part.
final class DecodingLoop: Sendable {
    /// What one answer needs.
    struct Request: Sendable {
        let user: String
        let features: ImageFeatures
        let concepts: [Matrix]
        let prompt: [Int32]
        let maximumTokens: Int
        let sampler: TokenSampler
        /// Instead of the sampler.
        var search: BeamSearch?
        /// Whether it is told what the concepts' rows attend to; nobody else pays for it.
        var wantsAttention = false
        let onText: @Sendable (String) -> Void
        /// Sees the logits of every token before it is chosen, `[vocabulary]`; for measurements.
        var onLogits: (@Sendable ([Float]) -> Void)?
    }

    /// How it went.
    struct Output: Sendable {
        let text: String
        let finish: FinishReason
        let tokens: Int
        let waited: Duration
        let firstToken: ContinuousClock.Instant
        /// See `AttentionModel.attention`; none where it was not wanted, or the model does not tell it.
        let attention: [[Float]]
    }

    struct Statistics: Sendable {
        var running = 0
        var waiting = 0
        var rounds: UInt64 = 0
        var tokens: UInt64 = 0
        /// Answers stepped, summed over rounds: divided by `rounds` the mean batch.
        var steppedAnswers: UInt64 = 0
    }

    struct Arrival: Sendable {
        let id: UInt64
        let request: Request
        let since: ContinuousClock.Instant
        let outcome: Awaited<Output>
    }

    /// An answer between the queue and the batch: it has its places, and its prefill waits for its turn.
    private struct Entering: Sendable {
        let arrival: Arrival
        let places: BatchPlaces.Held
        var job: ComputeQueue.Ticket?
    }

    private struct Shared {
        var arrivals = TurnQueue<String, Arrival>()
        var tickets: [UInt64: TurnQueue<String, Arrival>.Ticket] = [:]
        var entering: [UInt64: Entering] = [:]
        var places: BatchPlaces
        /// Ids of answers nobody wants any more.
        var cancelled: Set<UInt64> = []
        /// Users of the answers that are not over.
        var known: [UInt64: String] = [:]
        var nextID: UInt64 = 0
        var closed = false
        var statistics = Statistics()
    }

    private let model: any FrozenVLM
    private let queue: ComputeQueue
    private let maximumRunning: Int
    private let shared: Mutex<Shared>
    private let running = RunningAnswers()

    init(model: any FrozenVLM, queue: ComputeQueue, maximumRunning: Int) {
        self.model = model
        self.queue = queue
        self.maximumRunning = maximumRunning
        shared = Mutex(Shared(places: BatchPlaces(width: maximumRunning)))
    }

    var statistics: Statistics {
        shared.withLock { shared in
            var statistics = shared.statistics
            statistics.waiting = shared.arrivals.count + shared.entering.count
            return statistics
        }
    }

    /// Runs one answer to its end. Cancelling the task takes it out of the queue at once, out of the batch before its
    /// next step.
    func run(_ request: Request) async throws -> Output {
        let outcome = Awaited<Output>()
        let id = try shared.withLock { shared in
            guard !shared.closed else { throw Self.closing }
            shared.nextID += 1
            let id = shared.nextID
            shared.known[id] = request.user
            let arrival = Arrival(id: id, request: request, since: .now, outcome: outcome)
            shared.tickets[id] = shared.arrivals.append(unlimited: arrival, for: request.user)
            return id
        }
        letIn()
        return try await outcome.value { self.cancel(id) }
    }

    /// Ends all answers with `cancelled` and refuses new ones.
    func close() {
        let known = shared.withLock { shared in
            shared.closed = true
            return shared.known.keys.sorted()
        }
        for id in known { cancel(id) }
    }

    private func cancel(_ id: UInt64) {
        let (arrival, entering, user) = shared.withLock { shared -> (Arrival?, Entering?, String?) in
            guard let user = shared.known[id] else { return (nil, nil, nil) }
            if let ticket = shared.tickets[id], let arrival = shared.arrivals.remove(ticket) {
                return (arrival, nil, nil)
            }
            shared.cancelled.insert(id)
            return (nil, shared.entering[id], user)
        }
        if let arrival { return finish(arrival.id, nil, arrival.outcome, .failure(Self.cancellation)) }
        if let entering {
            // Without its ticket the job is being submitted now, and sees the mark when it starts.
            guard let job = entering.job, queue.withdraw(job) else { return }
            finish(id, entering.places, entering.arrival.outcome, .failure(Self.cancellation))
        } else if let user {
            queue.share(.answers, for: user) { self.round() }
        }
    }

    /// Gives places in the batch to those who wait for them.
    private func letIn() {
        while let entering = nextEntering() {
            let job = queue.submit(.answers, for: entering.places.user) { self.prefill(entering) }
            shared.withLock { $0.entering[entering.arrival.id]?.job = job }
        }
    }

    private func nextEntering() -> Entering? {
        shared.withLock { shared in
            guard
                let next = shared.places.next(of: &shared.arrivals, width: { $0.request.search?.beams ?? 1 })
            else { return nil }
            let entering = Entering(arrival: next.arrival, places: next.held)
            shared.tickets[next.arrival.id] = nil
            shared.entering[next.arrival.id] = entering
            return entering
        }
    }

    /// A job of the compute queue. It may be interrupted by rounds while the model computes.
    private func prefill(_ entering: Entering) {
        let arrival = entering.arrival
        let isWanted = shared.withLock { shared in
            shared.entering[arrival.id] = nil
            return !shared.cancelled.contains(arrival.id)
        }
        let waited = ContinuousClock.now - arrival.since
        do {
            guard isWanted else { throw Self.cancellation }
            let request = arrival.request
            let prefix = try model.prefix(for: request.features)
            let decoding = try model.begin(
                prefix: prefix, concepts: request.concepts, prompt: request.prompt, capacity: request.maximumTokens)
            let answer = RunningAnswer(
                arrival, places: entering.places, decoding: decoding, waited: waited,
                attention: try attention(of: request, after: prefix))
            guard advance(answer) else { return }
            running.all.append(answer)
            queue.share(.answers, for: answer.places.user) { self.round() }
            countRunning()
        } catch {
            finish(arrival.id, entering.places, arrival.outcome, .failure(error))
        }
    }

    /// A pass of the rows alone over the prefix, which it leaves as it is: the answer's own numbers do not change.
    private func attention(of request: Request, after prefix: any ImagePrefix) throws -> [[Float]] {
        guard request.wantsAttention, let model = model as? any AttentionModel else { return [] }
        return try model.attention(of: request.concepts, after: prefix, in: request.features)
    }

    /// One round; only ever called by the shared job of the compute queue, one after the other. Returns the seconds it
    /// spent on each user.
    private func round() -> [String: Double] {
        removeCancelled()
        let spent = step()
        for answer in running.all { queue.share(.answers, for: answer.places.user) { self.round() } }
        countRunning()
        return spent
    }

    private func countRunning() {
        let count = running.all.count
        shared.withLock { $0.statistics.running = count }
    }

    private func removeCancelled() {
        let cancelled = shared.withLock { $0.cancelled }
        running.all.removeAll { answer in
            guard cancelled.contains(answer.id) else { return false }
            finish(answer, .failure(Self.cancellation))
            return true
        }
    }

    /// Steps what the plan says, then chooses the next tokens of those whose step is complete.
    private func step() -> [String: Double] {
        guard !running.all.isEmpty else { return [:] }
        let counts = running.plan.counts(
            of: running.all.map { ($0.places.user, $0.pending) }, width: maximumRunning)
        let stepped = zip(running.all, counts).filter { $0.1 > 0 }
        let parts = stepped.map { $0.next($1) }
        let begun = queue.time()
        var over: Set<UInt64> = []
        var spent: [String: Double] = [:]
        do {
            try model.step(parts.flatMap(\.states), tokens: parts.flatMap(\.tokens))
        } catch {
            for (answer, _) in stepped {
                over.insert(answer.id)
                finish(answer, .failure(error))
            }
        }
        let each = (queue.time() - begun) / Double(max(1, counts.reduce(0, +)))
        for (answer, count) in stepped { spent[answer.places.user, default: 0] += each * Double(count) }
        shared.withLock { shared in
            shared.statistics.rounds += 1
            shared.statistics.steppedAnswers += UInt64(stepped.count)
        }
        for (answer, count) in stepped where !over.contains(answer.id) && answer.served(count) {
            let begun = queue.time()
            if !advance(answer) { over.insert(answer.id) }
            spent[answer.places.user, default: 0] += queue.time() - begun
        }
        running.all.removeAll { over.contains($0.id) }
        return spent
    }

    /// Chooses the token after the current logits; false when the answer is over.
    private func advance(_ answer: RunningAnswer) -> Bool {
        guard answer.search == nil else { return search(answer) }
        answer.request.onLogits?(answer.decoding.logits)
        let token = answer.sampler.sample(answer.decoding.logits)
        if answer.tokens == 0 { answer.firstToken = .now }
        if model.stopTokens.contains(token) { return end(answer, .stop) }
        answer.tokens += 1
        answer.lastToken = token
        shared.withLock { $0.statistics.tokens += 1 }
        let piece = answer.assembler.append(model.bytes(of: token))
        if !piece.isEmpty { answer.request.onText(piece) }
        return answer.tokens < answer.request.maximumTokens ? true : end(answer, .length)
    }

    /// The same for a search, which says nothing before it is over.
    private func search(_ answer: RunningAnswer) -> Bool {
        do {
            guard let model = model as? any BranchingModel else {
                throw RuntimeError(.unavailable, "the model cannot continue an answer in several ways")
            }
            guard let found = try answer.search?.advance(model) else { return true }
            answer.firstToken = .now
            answer.tokens = found.tokens.count
            shared.withLock { $0.statistics.tokens += UInt64(answer.tokens) }
            let piece = answer.assembler.append(found.tokens.flatMap { model.bytes(of: $0) })
            if !piece.isEmpty { answer.request.onText(piece) }
            return end(answer, found.isStopped ? .stop : .length)
        } catch {
            finish(answer, .failure(error))
            return false
        }
    }

    private func end(_ answer: RunningAnswer, _ reason: FinishReason) -> Bool {
        let piece = answer.assembler.finish()
        if !piece.isEmpty { answer.request.onText(piece) }
        let output = Output(
            text: answer.assembler.text, finish: reason, tokens: answer.tokens, waited: answer.waited,
            firstToken: answer.firstToken, attention: answer.attention)
        finish(answer, .success(output))
        return false
    }

    private func finish(_ answer: RunningAnswer, _ result: Result<Output, any Error>) {
        finish(answer.id, answer.places, answer.outcome, result)
    }

    private func finish(
        _ id: UInt64, _ places: BatchPlaces.Held?, _ outcome: Awaited<Output>,
        _ result: Result<Output, any Error>
    ) {
        shared.withLock { shared in
            shared.known[id] = nil
            shared.tickets[id] = nil
            shared.entering[id] = nil
            shared.cancelled.remove(id)
            if let places { shared.places.leave(places) }
        }
        outcome.finish(result)
        letIn()
    }

    private static var cancellation: RuntimeError {
        RuntimeError(.cancelled, "the answer was cancelled before its end")
    }

    private static var closing: RuntimeError {
        RuntimeError(.cancelled, "the runtime is shutting down: try again when it is back")
    }
}
