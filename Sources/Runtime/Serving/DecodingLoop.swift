import Compute
import Synchronization
import VLM

/// One decoding loop for everybody: continuous batching on the compute queue.
///
/// Each round lets at most one new answer in (its prefill delays the others by one picture only), then takes one step
/// of all running answers together, whoever they belong to. Rounds are separate jobs of the answers' lane, so vision
/// passes and training steps get their turns between them.
final class DecodingLoop: Sendable {
    /// What one answer needs.
    struct Request: Sendable {
        let features: ImageFeatures
        let concepts: [Matrix]
        let prompt: [Int32]
        let maximumTokens: Int
        let sampler: TokenSampler
        /// Instead of the sampler.
        var search: BeamSearch?
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
    }

    struct Statistics: Sendable {
        var running = 0
        var waiting = 0
        var rounds: UInt64 = 0
        var tokens: UInt64 = 0
        /// Answers stepped, summed over rounds: divided by `rounds` the mean batch.
        var steppedAnswers: UInt64 = 0
    }

    private struct Arrival {
        let id: UInt64
        let request: Request
        let since: ContinuousClock.Instant
        let continuation: CheckedContinuation<Output, any Error>
    }

    private struct Shared {
        var arrivals: [Arrival] = []
        /// Ids of answers nobody wants any more.
        var cancelled: Set<UInt64> = []
        var known: Set<UInt64> = []
        var nextID: UInt64 = 0
        var roundScheduled = false
        var closed = false
        var statistics = Statistics()
    }

    private let model: any FrozenVLM
    private let queue: ComputeQueue
    private let maximumRunning: Int
    private let shared = Mutex(Shared())
    private let running = RunningAnswers()

    init(model: any FrozenVLM, queue: ComputeQueue, maximumRunning: Int) {
        self.model = model
        self.queue = queue
        self.maximumRunning = maximumRunning
    }

    var statistics: Statistics { shared.withLock { $0.statistics } }

    /// Runs one answer to its end. Cancelling the task takes it out of the batch before the next step.
    func run(_ request: Request) async throws -> Output {
        let id = shared.withLock { shared in
            shared.nextID += 1
            shared.known.insert(shared.nextID)
            return shared.nextID
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let refused = shared.withLock { shared -> (any Error)? in
                    guard !shared.closed else {
                        shared.known.remove(id)
                        return RuntimeError(.cancelled, "the runtime is shutting down: try again when it is back")
                    }
                    shared.arrivals.append(
                        Arrival(id: id, request: request, since: .now, continuation: continuation))
                    return nil
                }
                if let refused {
                    continuation.resume(throwing: refused)
                } else {
                    scheduleRound()
                }
            }
        } onCancel: {
            shared.withLock { shared in
                if shared.known.contains(id) { _ = shared.cancelled.insert(id) }
            }
            scheduleRound()
        }
    }

    /// Ends all answers with `cancelled` and refuses new ones.
    func close() {
        shared.withLock { shared in
            shared.closed = true
            shared.cancelled.formUnion(shared.known)
        }
        scheduleRound()
    }

    private func scheduleRound() {
        let wanted = shared.withLock { shared in
            defer { shared.roundScheduled = true }
            return !shared.roundScheduled
        }
        if wanted { queue.submit(.answers) { self.round() } }
    }

    /// One round; only ever called by jobs of the compute queue, one after the other.
    private func round() {
        let (arrival, unwanted) = shared.withLock { shared -> (Arrival?, [Arrival]) in
            shared.roundScheduled = false
            let unwanted = shared.arrivals.filter { shared.cancelled.contains($0.id) }
            shared.arrivals.removeAll { shared.cancelled.contains($0.id) }
            guard let next = shared.arrivals.first,
                running.width == 0 || running.width + (next.request.search?.beams ?? 1) <= maximumRunning
            else { return (nil, unwanted) }
            return (shared.arrivals.removeFirst(), unwanted)
        }
        for arrival in unwanted { finish(arrival.id, arrival.continuation, .failure(Self.cancellation)) }
        removeCancelled()
        if let arrival { admit(arrival) }
        step()
        let again = shared.withLock { shared in
            shared.statistics.running = running.slots.count
            shared.statistics.waiting = shared.arrivals.count
            return !running.slots.isEmpty || !shared.arrivals.isEmpty
        }
        if again { scheduleRound() }
    }

    private func removeCancelled() {
        let cancelled = shared.withLock { $0.cancelled }
        running.slots.removeAll { slot in
            guard cancelled.contains(slot.id) else { return false }
            finish(slot.id, slot.continuation, .failure(Self.cancellation))
            return true
        }
    }

    private func admit(_ arrival: Arrival) {
        let waited = ContinuousClock.now - arrival.since
        do {
            let request = arrival.request
            let prefix = try model.prefix(for: request.features)
            let decoding = try model.begin(
                prefix: prefix, concepts: request.concepts, prompt: request.prompt, capacity: request.maximumTokens)
            let slot = Slot(
                id: arrival.id, request: request, decoding: decoding, waited: waited,
                continuation: arrival.continuation)
            if advance(slot) { running.slots.append(slot) }
        } catch {
            finish(arrival.id, arrival.continuation, .failure(error))
        }
    }

    /// Steps all running answers, then chooses each one's next token.
    private func step() {
        guard !running.slots.isEmpty else { return }
        do {
            try model.step(running.slots.flatMap(\.states), tokens: running.slots.flatMap(\.tokensToStep))
        } catch {
            for slot in running.slots { finish(slot.id, slot.continuation, .failure(error)) }
            running.slots = []
            return
        }
        shared.withLock { shared in
            shared.statistics.rounds += 1
            shared.statistics.steppedAnswers += UInt64(running.slots.count)
        }
        running.slots = running.slots.filter(advance)
    }

    /// Chooses the token after the current logits; false when the answer is over.
    private func advance(_ slot: Slot) -> Bool {
        guard slot.search == nil else { return search(slot) }
        slot.request.onLogits?(slot.decoding.logits)
        let token = slot.sampler.sample(slot.decoding.logits)
        if slot.tokens == 0 { slot.firstToken = .now }
        if model.stopTokens.contains(token) { return end(slot, .stop) }
        slot.tokens += 1
        slot.lastToken = token
        shared.withLock { $0.statistics.tokens += 1 }
        let piece = slot.assembler.append(model.bytes(of: token))
        if !piece.isEmpty { slot.request.onText(piece) }
        return slot.tokens < slot.request.maximumTokens ? true : end(slot, .length)
    }

    /// The same for a search, which says nothing before it is over.
    private func search(_ slot: Slot) -> Bool {
        do {
            guard let answer = try slot.search?.advance(model) else { return true }
            slot.firstToken = .now
            slot.tokens = answer.tokens.count
            shared.withLock { $0.statistics.tokens += UInt64(slot.tokens) }
            let piece = slot.assembler.append(answer.tokens.flatMap { model.bytes(of: $0) })
            if !piece.isEmpty { slot.request.onText(piece) }
            return end(slot, answer.isStopped ? .stop : .length)
        } catch {
            finish(slot.id, slot.continuation, .failure(error))
            return false
        }
    }

    private func end(_ slot: Slot, _ reason: FinishReason) -> Bool {
        let piece = slot.assembler.finish()
        if !piece.isEmpty { slot.request.onText(piece) }
        let output = Output(
            text: slot.assembler.text, finish: reason, tokens: slot.tokens, waited: slot.waited,
            firstToken: slot.firstToken)
        finish(slot.id, slot.continuation, .success(output))
        return false
    }

    private func finish(
        _ id: UInt64, _ continuation: CheckedContinuation<Output, any Error>, _ result: Result<Output, any Error>
    ) {
        shared.withLock { shared in
            shared.known.remove(id)
            shared.cancelled.remove(id)
        }
        continuation.resume(with: result)
    }

    private static var cancellation: RuntimeError {
        RuntimeError(.cancelled, "the answer was cancelled before its end")
    }
}

/// One running answer.
private final class Slot {
    let id: UInt64
    let request: DecodingLoop.Request
    let decoding: any Decoding
    let waited: Duration
    let continuation: CheckedContinuation<DecodingLoop.Output, any Error>
    var sampler: TokenSampler
    var search: BeamSearch.Run?
    var assembler = TextAssembler()
    var lastToken: Int32 = 0
    var tokens = 0
    var firstToken = ContinuousClock.now

    init(
        id: UInt64, request: DecodingLoop.Request, decoding: any Decoding, waited: Duration,
        continuation: CheckedContinuation<DecodingLoop.Output, any Error>
    ) {
        self.id = id
        self.request = request
        self.decoding = decoding
        self.waited = waited
        self.continuation = continuation
        self.sampler = request.sampler
        search = request.search?.begin(after: decoding, maximumTokens: request.maximumTokens)
    }

    /// Sequences it may have in the batch.
    var width: Int { request.search?.beams ?? 1 }
    /// What the next step appends to which sequences.
    var states: [any Decoding] { search?.states ?? [decoding] }
    var tokensToStep: [Int32] { search?.tokens ?? [lastToken] }
}

/// The running answers. Unchecked because only rounds touch them, and rounds are jobs of one compute queue, which
/// runs one job at a time and orders them.
private final class RunningAnswers: @unchecked Sendable {
    var slots: [Slot] = []
    /// Sequences they may have together.
    var width: Int { slots.reduce(0) { $0 + $1.width } }
}
