import Dispatch
package import Logging
import RPC
package import Registry
package import Runtime
import Synchronization
import VLM

/// The models of a server: it loads each when it is first asked for, one at a time and off the cooperative pool, and lets
/// those go that nobody uses when another needs the room. Calls of other models go on meanwhile.
///
/// Safe from any thread; `ModelPlaces` decides, this does it. The first model is loaded when the shelf is made, and is
/// the one of calls that name none.
package final class ModelShelf: Sendable {
    /// What whoever asks for a model waits for.
    package enum Wait: Sendable, Equatable {
        /// The models in use leave it no room.
        case room
        /// The share of its weights that has been read, 0...1.
        case loading(share: Double)
    }

    /// Told what is waited for.
    package typealias Waiting = @Sendable (_ model: String, _ wait: Wait) async throws -> Void

    /// Who asks for a model.
    package enum Caller: Sendable {
        /// A user's call, by the user's key. It is refused at once where it would have to wait for room, and where too many
        /// calls wait already: each holds a picture in memory.
        case answer(user: String)
        /// An enrollment, whose photos are kept and whose turn has come: it waits as long as it takes. The enrollments'
        /// queue bounds how many there are.
        case training
    }

    /// A runtime, and what tells that it is gone.
    struct Loaded: Sendable {
        let runtime: PersonalizedVLM
        let presence: DispatchGroup
    }

    struct State: Sendable {
        var places: ModelPlaces
        var loaded: [Loaded?]
        /// Dropped to make room, and not yet gone.
        var leaving: [Loaded] = []
        var identities: [ModelIdentity?]
        var problems: [String]
        var waiting: [[UInt64: AsyncStream<Double>.Continuation]]
        var waitingForRoom: [UInt64: AsyncStream<Double>.Continuation] = [:]
        var nextWaiter: UInt64 = 0
        var known: KnownModels
        var isClosed = false
    }

    /// What whoever asks found.
    private enum Found: Sendable {
        case ready(PersonalizedVLM)
        case waits(AsyncStream<Double>, UInt64, loads: Bool)
        case waitsForRoom(AsyncStream<Double>, UInt64)
        case refused(RuntimeError)
    }

    let entries: [ModelEntry]
    let state: Mutex<State>
    let registry: RegistryStore?
    let clock: @Sendable () -> Int64
    let logger: Logger
    /// Where models are loaded, one after the other.
    let work = ComputeQueue(label: "myvlm.models", niceness: 5)
    private let waiters: Admission

    /// A shelf of one model without a name, which is there already.
    package init(_ vision: PersonalizedVLM, logger: Logger) {
        entries = [ModelEntry(name: nil, source: "", bytes: 0) { _, _ in vision }]
        registry = nil
        clock = { 0 }
        self.logger = logger
        waiters = Admission(limit: 1)
        var places = ModelPlaces(bytes: [0], budget: .max)
        _ = places.enter(0, nowMs: 0)
        places.loaded(0)
        // It never goes: nobody waits for it to be gone.
        state = Mutex(
            State(
                places: places, loaded: [Loaded(runtime: vision, presence: DispatchGroup())],
                identities: [vision.model.identity], known: KnownModels()))
    }

    /// A shelf of models of a registry, the first of them loaded. Throws `ServiceError` for a list that cannot be served
    /// and what loading the first model throws.
    /// - Parameters:
    ///   - budget: bytes that all of them may take together.
    ///   - waiters: calls that may wait for models at the same time.
    ///   - clock: milliseconds that only grow.
    package init(
        _ entries: [ModelEntry], budget: Int, waiters: Int, registry: RegistryStore, known: KnownModels,
        logger: Logger, clock: @escaping @Sendable () -> Int64
    ) throws {
        try ModelEntry.check(entries, budget: budget)
        self.entries = entries
        self.registry = registry
        self.clock = clock
        self.logger = logger
        self.waiters = Admission(limit: waiters)
        state = Mutex(
            State(
                places: ModelPlaces(
                    bytes: entries.map(\.bytes), budget: entries[0].name == nil ? .max : budget),
                loaded: entries.map { _ in nil },
                identities: entries.map { known.identity($0.name ?? "", source: $0.source) }, known: known))
        _ = state.withLock { $0.places.enter(0, nowMs: clock()) }
        defer { leave(0) }
        settle(0, .success(try loadNow(0)))
    }

    /// Whether calls may name a model and listings tell it.
    package var hasNames: Bool { entries[0].name != nil }

    /// A model's name in messages and listings; empty for the only one without a name.
    package func name(_ index: Int) -> String { entries[index].name ?? "" }

    /// The model a call means. Throws `invalidArgument`, with the name that was probably meant.
    package func index(of name: String) throws(RuntimeError) -> Int {
        guard !name.isEmpty else { return 0 }
        if let index = entries.firstIndex(where: { $0.name == name }) { return index }
        // What is no name may be of any length: it is not said again.
        let shown = ModelEntry.isName(name) ? " \"\(name)\"" : " of such a name"
        guard hasNames else {
            throw RuntimeError(
                .invalidArgument, "this server has one model, without a name: leave the model\(shown) away")
        }
        let names = entries.compactMap(\.name)
        let nearest = ModelEntry.isName(name) ? NearestName.of(name, among: names) : nil
        throw RuntimeError(
            .invalidArgument,
            "this server has no model\(shown); "
                + (nearest.map { "did you mean \($0)?" } ?? "it has \(names.joined(separator: ", "))"))
    }

    /// Runs `body` with a model, which stays in memory until it returns; while the model is loaded, `waiting` is told at
    /// every tenth.
    ///
    /// Throws `invalidArgument` for a name there is not, `unavailable` for a model that cannot be loaded, `overloaded`
    /// where an answer finds no room, and `CancellationError`: the model is loaded to its end all the same.
    package func with<R: Sendable>(
        _ model: String, for caller: Caller, waiting: Waiting = { _, _ in }, _ body: (PersonalizedVLM) async throws -> R
    ) async throws -> R {
        let index = try index(of: model)
        let vision = try await taken(index, caller, waiting)
        defer { leave(index) }
        return try await body(vision)
    }

    /// Ends running answers of all models, and those that wait for one, and refuses new ones.
    package func shutdown() {
        let (runtimes, waiting) = state.withLock { state in
            state.isClosed = true
            defer {
                state.waiting = state.waiting.map { _ in [:] }
                state.waitingForRoom = [:]
            }
            return (
                state.loaded.compactMap { $0?.runtime },
                state.waiting.flatMap(\.values) + Array(state.waitingForRoom.values)
            )
        }
        for continuation in waiting { continuation.finish() }
        for runtime in runtimes { runtime.shutdown() }
    }

    /// A model that its caller uses from now on, until `leave`.
    private func taken(_ index: Int, _ caller: Caller, _ waiting: Waiting) async throws -> PersonalizedVLM {
        while true {
            switch state.withLock({ found(index, caller, &$0) }) {
            case .refused(let error): throw error
            case .ready(let runtime): return runtime
            case .waits(let shares, let waiter, let loads):
                if loads { begin(index) }
                do {
                    return try await loaded(index, shares, caller, waiting)
                } catch {
                    state.withLock { $0.waiting[index][waiter] = nil }
                    leave(index)
                    throw error
                }
            case .waitsForRoom(let changes, let waiter):
                defer { state.withLock { $0.waitingForRoom[waiter] = nil } }
                try await waiting(name(index), .room)
                for await _ in changes {}
                try Task.checkCancellation()
            }
        }
    }

    /// Waits until a model is loaded.
    private func loaded(
        _ index: Int, _ shares: AsyncStream<Double>, _ caller: Caller, _ waiting: Waiting
    ) async throws -> PersonalizedVLM {
        if case .answer(let user) = caller { try waiters.enter(user) }
        defer { if case .answer(let user) = caller { waiters.leave(user) } }
        for await share in shares { try await waiting(name(index), .loading(share: share)) }
        // Also where the stream ended because this task did.
        try Task.checkCancellation()
        return try state.withLock { state throws(RuntimeError) -> PersonalizedVLM in
            guard let loaded = state.loaded[index], !state.isClosed else { throw failure(index, state) }
            return loaded.runtime
        }
    }

    /// Somebody who used a model, or waited for it, goes. Where that makes room, whoever waits for room looks again.
    private func leave(_ index: Int) {
        let waiting = state.withLock { state -> [AsyncStream<Double>.Continuation] in
            guard state.places.leave(index) else { return [] }
            return Array(state.waitingForRoom.values)
        }
        for continuation in waiting { continuation.finish() }
    }

    private func found(_ index: Int, _ caller: Caller, _ state: inout State) -> Found {
        guard !state.isClosed else { return .refused(failure(index, state)) }
        let entry = state.places.enter(index, nowMs: clock())
        switch entry {
        case .failed: return .refused(failure(index, state))
        case .full(let inUse):
            if case .training = caller {
                let (changes, waiter) = addWaiter(&state) { $0.waitingForRoom[$1] = $2 }
                return .waitsForRoom(changes, waiter)
            }
            let names = inUse.map(name).joined(separator: ", ")
            return .refused(
                RuntimeError(
                    .overloaded,
                    "there is no room for the model \(name(index)) while \(names) \(inUse.count == 1 ? "is" : "are") in use; "
                        + "try again", retryAfterMs: 5_000))
        case .use:
            guard let loaded = state.loaded[index] else {
                state.places.leave(index)
                return .refused(failure(index, state))
            }
            return .ready(loaded.runtime)
        case .wait, .load:
            let (shares, waiter) = addWaiter(&state) { $0.waiting[index][$1] = $2 }
            if case .loading(let share) = state.places.phase(index) { state.waiting[index][waiter]?.yield(share) }
            guard case .load(let dropped) = entry else { return .waits(shares, waiter, loads: false) }
            // Handed to whoever loads: nothing of them may be held by a call that waits.
            for other in dropped {
                if let loaded = state.loaded[other] { state.leaving.append(loaded) }
                state.loaded[other] = nil
            }
            return .waits(shares, waiter, loads: true)
        }
    }

    private func addWaiter(
        _ state: inout State, _ keep: (inout State, UInt64, AsyncStream<Double>.Continuation) -> Void
    ) -> (AsyncStream<Double>, UInt64) {
        let (stream, continuation) = AsyncStream.makeStream(of: Double.self, bufferingPolicy: .bufferingNewest(1))
        state.nextWaiter += 1
        keep(&state, state.nextWaiter, continuation)
        return (stream, state.nextWaiter)
    }

    /// What a caller is told: the reason names files, so it is for the log and for whoever runs the server.
    private func failure(_ index: Int, _ state: State) -> RuntimeError {
        RuntimeError(
            .unavailable,
            state.isClosed
                ? "the server is stopping"
                : "the model \(name(index)) cannot be loaded: `myvlm status` tells an administrator why; name another model, "
                    + "or try again later")
    }
}

extension ModelShelf.State {
    fileprivate init(
        places: ModelPlaces, loaded: [ModelShelf.Loaded?], identities: [ModelIdentity?], known: KnownModels
    ) {
        self.places = places
        self.loaded = loaded
        self.identities = identities
        self.known = known
        problems = loaded.map { _ in "" }
        waiting = loaded.map { _ in [:] }
    }
}
