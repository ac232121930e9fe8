import Dispatch
import Logging
import RPC
import Registry
import Runtime
import Synchronization
import VLM

/// Loading, on the thread of the shelf: what goes to make room is gone before anything comes in its place, so that memory
/// never holds more than was reckoned.
extension ModelShelf {
    func begin(_ index: Int) {
        work.submit(.answers) { [self] in
            for presence in letGo() { presence.wait() }
            settle(index, Result { try loadNow(index) })
        }
    }

    /// Drops what made room. In a function of its own: what it holds of them is given back when it returns.
    private func letGo() -> [DispatchGroup] {
        let leaving = state.withLock { state in
            defer { state.leaving = [] }
            return state.leaving
        }
        for loaded in leaving {
            logger.info(
                "a model goes to make room", metadata: ["model_digest": "\(loaded.runtime.model.identity.digest)"])
            loaded.runtime.shutdown()
        }
        return leaving.map(\.presence)
    }

    /// Reads a model now, on the calling thread.
    func loadNow(_ index: Int) throws -> Loaded {
        guard let registry else { throw RuntimeError(.unavailable, "this model is never loaded again") }
        let concepts = ShelvedConcepts(
            RegistryConceptSource(registry: registry) { [weak self] in self?.digestsOfOthers(than: index) ?? [] })
        let runtime = try entries[index].load(concepts) { [weak self] share in self?.reached(index, share) }
        return Loaded(runtime: runtime, presence: concepts.presence)
    }

    private func reached(_ index: Int, _ share: Double) {
        let listeners = state.withLock { state in
            state.places.reached(index, share: share) ? Array(state.waiting[index].values) : []
        }
        for listener in listeners { listener.yield(share) }
    }

    /// A model is loaded, or could not be: everybody who waits for it is told, and whoever waits for room looks again, since
    /// those who asked for this one may be gone.
    func settle(_ index: Int, _ result: Result<Loaded, any Error>) {
        let (listeners, late) = state.withLock { state in
            let listeners = Array(state.waiting[index].values) + Array(state.waitingForRoom.values)
            state.waiting[index] = [:]
            switch result {
            case .success(let loaded):
                state.places.loaded(index)
                state.problems[index] = ""
                state.identities[index] = loaded.runtime.model.identity
                state.loaded[index] = state.isClosed ? nil : loaded
            case .failure(let error):
                state.places.failed(index, nowMs: clock())
                state.problems[index] = StatusMapping.problem(error) ?? StatusMapping.status(of: error).message
            }
            return (listeners, state.isClosed)
        }
        switch result {
        case .success(let loaded):
            // A server that stops takes nothing more, and its home may be gone.
            if late { loaded.runtime.shutdown() } else { note(index, loaded.runtime.model.identity) }
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
        // Only the loading thread changes it: the file is written without keeping calls waiting.
        let known = state.withLock { state in
            state.known.note(identity, as: name(index), source: entries[index].source)
            return state.known
        }
        do {
            try known.write()
        } catch {
            // Only what a later start could tell before it has loaded the model.
            logger.warning(
                "which model this is could not be kept",
                metadata: ["model": "\(name(index))", "problem": "\(StatusMapping.problem(error) ?? "")"])
        }
    }
}
