import Client
import Terminal

/// Trains concepts again, one after the other: one that cannot be trained does not keep the others from it.
struct ReenrollmentRound: Sendable {
    let client: MyVLMClient
    let command: ReenrollCommand

    /// What became of a concept; part of the stable JSON.
    struct Outcome: Encodable, Sendable {
        enum State: String, Encodable {
            /// A version of the server's model is in use.
            case trained
            /// It is of the server's model already.
            case leftAlone = "left_alone"
            /// The server has taken it on.
            case begun
            case failed
        }

        /// Set on a line of `--jsonl`.
        var event: String?
        let concept: String
        let state: State
        var version: UInt32?
        var created: Bool?
        var job: String?
        var error: String?
        /// Why it failed.
        var cause: MyVLMError?

        enum CodingKeys: CodingKey { case event, concept, state, version, created, job, error }
    }

    struct Listing: Encodable { let concepts: [Outcome] }

    /// All of the caller's concepts that are of another model.
    func all() async throws -> [Outcome] {
        let concepts = try await client.concepts()
        guard concepts.contains(where: isToBeTrained) else {
            command.output.note("nothing to train again: all concepts are of the server's model")
            return []
        }
        var outcomes: [Outcome] = []
        for concept in concepts where isToBeTrained(concept) {
            outcomes.append(try await outcome(concept.name) { try await train(concept.name) })
        }
        return outcomes
    }

    /// Of another model than is asked for: any of the server's, where none is named.
    private func isToBeTrained(_ concept: Concept) -> Bool {
        let model = command.enrollment.model
        return command.force || concept.otherModel || (!model.isEmpty && concept.model != model)
    }

    /// Those that are named.
    func of(_ names: [String]) async throws -> [Outcome] {
        var outcomes: [Outcome] = []
        for name in names {
            outcomes.append(
                try await outcome(name) {
                    let concept = try await client.concept(name).concept
                    guard isToBeTrained(concept) else { return leftAlone(concept) }
                    return try await train(concept.name)
                })
        }
        return outcomes
    }

    /// Throws where something failed: the failure itself where it was about the only one, else which of them did.
    func tellFailures(_ outcomes: [Outcome]) throws {
        let failures = outcomes.compactMap { outcome in outcome.cause.map { (outcome.concept, $0) } }
        guard let first = failures.first else { return }
        if outcomes.count == 1 { throw first.1 }
        let lines = failures.map { "\n  \($0.0): \($0.1.message)" }.joined()
        throw MyVLMError(
            first.1.code, "\(failures.count) of \(outcomes.count) concepts could not be trained again:\(lines)",
            retryAfter: first.1.retryAfter)
    }

    /// What came of one concept. Throws where the others would fare no better.
    private func outcome(_ name: String, _ body: () async throws -> Outcome) async throws -> Outcome {
        let outcome: Outcome
        do {
            outcome = try await body()
        } catch let error as MyVLMError where !error.endsRound {
            outcome = Outcome(concept: name, state: .failed, error: error.message, cause: error)
        }
        try Task.checkCancellation()
        if command.enrollment.jsonl {
            var line = outcome
            line.event = "concept"
            try JSONOutput.writeLine(line)
        }
        return outcome
    }

    private func leftAlone(_ concept: Concept) -> Outcome {
        command.output.note(
            "\(concept.name) v\(concept.currentVersion) is of the server's model already and is left alone; --force trains "
                + "it all the same")
        return Outcome(concept: concept.name, state: .leftAlone, version: concept.currentVersion)
    }

    private func train(_ name: String) async throws -> Outcome {
        command.output.note("training \(name) again")
        var view = EnrollmentView(json: false, jsonl: command.enrollment.jsonl, quiet: command.output.quiet)
        // The bar's line ends however the training does.
        defer { view.end() }
        for try await event in client.reenroll(
            name, detach: command.enrollment.detach, reason: command.enrollment.history.reason,
            model: command.enrollment.model)
        {
            if case .done(let enrolled) = event {
                if !command.output.json { try view.show(event) }
                return Outcome(
                    concept: name, state: .trained, version: enrolled.version.number, created: enrolled.created)
            }
            try view.show(event)
            if command.enrollment.detach, case .job(let job) = event {
                if !command.output.json, !command.enrollment.jsonl {
                    try Console.out("\(job.id)  \(Console.shown(name))")
                }
                return Outcome(concept: name, state: .begun, job: job.id)
            }
        }
        try Task.checkCancellation()
        throw MyVLMError(.internalError, "the server's answer lacks the version; see `myvlm jobs list`")
    }
}

extension MyVLMError {
    /// Whether it is about more than one concept.
    fileprivate var endsRound: Bool {
        switch code {
        case .unauthenticated, .permissionDenied, .cancelled, .outputFailed, .configuration: true
        // What a server says of itself may be about this concept: a person's, where it has no face models.
        case .unavailable: requestID == nil
        default: false
        }
    }
}
