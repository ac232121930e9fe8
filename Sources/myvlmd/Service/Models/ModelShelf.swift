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
    /// Told the share of the weights that has been read while a call waits.
    package typealias Waiting = @Sendable (_ model: String, _ share: Double) async throws -> Void

    struct State: Sendable {
        var places: ModelPlaces
        var runtimes: [PersonalizedVLM?]
        var identities: [ModelIdentity?]
        var problems: [String]
        var waiting: [[UInt64: AsyncStream<Double>.Continuation]]
        var nextWaiter: UInt64 = 0
        var known: KnownModels
        var isClosed = false
    }

    /// What `use` found.
    private enum Found: Sendable {
        case ready(PersonalizedVLM)
        case waits(AsyncStream<Double>, UInt64, loads: Bool, dropping: [PersonalizedVLM])
        case refused(RuntimeError)
    }

    let entries: [ModelEntry]
    let state: Mutex<State>
    private let registry: RegistryStore?
    private let clock: @Sendable () -> Int64
    private let logger: Logger
    private let work = ComputeQueue(label: "myvlm.models", niceness: 5)

    /// A shelf of one model without a name, which is there already.
    package init(_ vision: PersonalizedVLM, logger: Logger) {
        entries = [ModelEntry(name: nil, source: "", bytes: 0) { _, _ in vision }]
        registry = nil
        clock = { 0 }
        self.logger = logger
        var places = ModelPlaces(bytes: [0], budget: .max)
        _ = places.enter(0, nowMs: 0)
        places.loaded(0)
        state = Mutex(
            State(places: places, runtimes: [vision], identities: [vision.model.identity], known: KnownModels()))
    }

    /// A shelf of models of a registry, the first of them loaded. Throws `ServiceError` for a list that cannot be served
    /// and what loading the first model throws.
    /// - Parameters:
    ///   - budget: bytes that all of them may take together.
    ///   - clock: milliseconds that only grow.
    package init(
        _ entries: [ModelEntry], budget: Int, registry: RegistryStore, known: KnownModels, logger: Logger,
        clock: @escaping @Sendable () -> Int64
    ) throws {
        try ModelEntry.check(entries, budget: budget)
        self.entries = entries
        self.registry = registry
        self.clock = clock
        self.logger = logger
        state = Mutex(
            State(
                places: ModelPlaces(
                    bytes: entries.map(\.bytes), budget: entries[0].name == nil ? .max : budget),
                runtimes: entries.map { _ in nil },
                identities: entries.map { known.identity($0.name ?? "", source: $0.source) }, known: known))
        _ = state.withLock { $0.places.enter(0, nowMs: clock()) }
        defer { state.withLock { $0.places.leave(0) } }
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
        let shown = String(name.prefix(64))
        guard hasNames else {
            throw RuntimeError(
                .invalidArgument, "this server has one model, without a name: leave the model \"\(shown)\" away")
        }
        let names = entries.compactMap(\.name)
        let hint =
            NearestName.of(shown, among: names).map { "did you mean \($0)?" }
            ?? "it has \(names.joined(separator: ", "))"
        throw RuntimeError(.invalidArgument, "this server has no model \"\(shown)\"; \(hint)")
    }

    /// Runs `body` with a model, which stays in memory until it returns; while the model is loaded, `waiting` is told at
    /// every tenth.
    ///
    /// Throws `invalidArgument` for a name there is not, `unavailable` for a model that cannot be loaded, `overloaded`
    /// where the models in use leave it no room, and `CancellationError`: the model is loaded to its end all the same.
    package func with<R: Sendable>(
        _ model: String, waiting: Waiting = { _, _ in }, _ body: (PersonalizedVLM) async throws -> R
    ) async throws -> R {
        let index = try index(of: model)
        let vision: PersonalizedVLM
        switch state.withLock({ enter(index, &$0) }) {
        case .refused(let error): throw error
        case .ready(let ready): vision = ready
        case .waits(let shares, let waiter, let loads, let dropping):
            if loads { begin(index, dropping) }
            do {
                for await share in shares { try await waiting(name(index), share) }
                // Also where the stream ended because this task did.
                try Task.checkCancellation()
                vision = try state.withLock { state throws(RuntimeError) -> PersonalizedVLM in
                    guard let runtime = state.runtimes[index] else { throw failure(index, state) }
                    return runtime
                }
            } catch {
                state.withLock {
                    $0.waiting[index][waiter] = nil
                    $0.places.leave(index)
                }
                throw error
            }
        }
        defer { state.withLock { $0.places.leave(index) } }
        return try await body(vision)
    }

    /// Ends running answers of all models and refuses new ones.
    package func shutdown() {
        let runtimes = state.withLock { state in
            state.isClosed = true
            return state.runtimes.compactMap(\.self)
        }
        for runtime in runtimes { runtime.shutdown() }
    }

    private func enter(_ index: Int, _ state: inout State) -> Found {
        let entry = state.places.enter(index, nowMs: clock())
        switch entry {
        case .failed: return .refused(failure(index, state))
        case .full(let inUse):
            let names = inUse.map(name).joined(separator: ", ")
            return .refused(
                RuntimeError(
                    .overloaded,
                    "there is no room for the model \(name(index)) while \(names) \(inUse.count == 1 ? "is" : "are") in use; "
                        + "try again", retryAfterMs: 5_000))
        case .use:
            guard let runtime = state.runtimes[index] else {
                state.places.leave(index)
                return .refused(failure(index, state))
            }
            return .ready(runtime)
        case .wait, .load:
            let (shares, continuation) = AsyncStream.makeStream(of: Double.self, bufferingPolicy: .bufferingNewest(1))
            if case .loading(let share) = state.places.phase(index) { continuation.yield(share) }
            state.nextWaiter += 1
            state.waiting[index][state.nextWaiter] = continuation
            guard case .load(let dropped) = entry else {
                return .waits(shares, state.nextWaiter, loads: false, dropping: [])
            }
            let dropping = dropped.compactMap { state.runtimes[$0] }
            for other in dropped { state.runtimes[other] = nil }
            return .waits(shares, state.nextWaiter, loads: true, dropping: dropping)
        }
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

    private func begin(_ index: Int, _ dropping: [PersonalizedVLM]) {
        for runtime in dropping {
            logger.info("a model goes to make room", metadata: ["model_digest": "\(runtime.model.identity.digest)"])
            runtime.shutdown()
        }
        work.submit(.answers) { [self] in
            settle(index, Result { try loadNow(index) })
        }
    }

    private func loadNow(_ index: Int) throws -> PersonalizedVLM {
        guard let registry else { throw RuntimeError(.unavailable, "this model is never loaded again") }
        let source = RegistryConceptSource(registry: registry) { [weak self] digest in
            self?.isOfAnother(digest, than: index) ?? false
        }
        return try entries[index].load(source) { [weak self] share in self?.reached(index, share) }
    }

    private func reached(_ index: Int, _ share: Double) {
        let listeners = state.withLock { state in
            state.places.reached(index, share: share) ? Array(state.waiting[index].values) : []
        }
        for listener in listeners { listener.yield(share) }
    }

    private func settle(_ index: Int, _ result: Result<PersonalizedVLM, any Error>) {
        let (listeners, late) = state.withLock { state in
            switch result {
            case .success(let runtime):
                state.places.loaded(index)
                state.problems[index] = ""
                state.identities[index] = runtime.model.identity
                state.runtimes[index] = state.isClosed ? nil : runtime
            case .failure(let error):
                state.places.failed(index, nowMs: clock())
                state.problems[index] = StatusMapping.problem(error) ?? StatusMapping.status(of: error).message
            }
            defer { state.waiting[index] = [:] }
            return (Array(state.waiting[index].values), state.isClosed)
        }
        switch result {
        case .success(let runtime):
            if late { runtime.shutdown() }
            note(index, runtime.model.identity)
        case .failure:
            logger.error(
                "a model cannot be loaded; the others go on",
                metadata: ["model": "\(name(index))", "problem": "\(problem(index))"])
        }
        for listener in listeners { listener.finish() }
    }

    private func note(_ index: Int, _ identity: ModelIdentity) {
        guard hasNames else { return }
        logger.info("a model is loaded", metadata: ["model": "\(name(index))", "model_digest": "\(identity.digest)"])
        do {
            try state.withLock { try $0.known.note(identity, as: name(index), source: entries[index].source) }
        } catch {
            // Only what a later start could tell before it has loaded the model.
            logger.warning(
                "which model this is could not be kept",
                metadata: ["model": "\(name(index))", "problem": "\(StatusMapping.problem(error) ?? "")"])
        }
    }
}

extension ModelShelf.State {
    fileprivate init(
        places: ModelPlaces, runtimes: [PersonalizedVLM?], identities: [ModelIdentity?], known: KnownModels
    ) {
        self.places = places
        self.runtimes = runtimes
        self.identities = identities
        self.known = known
        problems = runtimes.map { _ in "" }
        waiting = runtimes.map { _ in [:] }
    }
}
