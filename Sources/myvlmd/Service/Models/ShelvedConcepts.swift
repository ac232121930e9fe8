import Dispatch
import Runtime

/// The concepts of one model of several. It lives as long as the model's runtime does: whoever needs the memory of a model
/// that goes waits here until the last of its work has ended, that of answers nobody wants any more included.
final class ShelvedConcepts: ConceptSource {
    /// Left when the runtime is gone; waiting for it blocks.
    let presence = DispatchGroup()
    private let source: RegistryConceptSource

    init(_ source: RegistryConceptSource) {
        self.source = source
        presence.enter()
    }

    deinit { presence.leave() }

    func snapshot(of user: String) async throws -> ConceptSetSnapshot { try await source.snapshot(of: user) }
}
