package import Rules
package import Runtime

/// The progress of a job so far, for later listeners. A value; `JobRunner` is its shell.
///
/// All progress of a job passes through here once: its stages are those of `EnrollmentStage`, in its events as in its
/// row.
package struct JobProgress: Sendable {
    /// Stages and notes that are kept for later listeners.
    package static let longestHistory = 100

    /// Stages and notes so far, the oldest first.
    package private(set) var history: [EnrollmentProgress] = []
    /// The last step of the training.
    package private(set) var step: TrainingStep?

    package init() {}

    /// Takes the next progress. Returns the stage to be stored in the job's row, where it changes.
    package mutating func take(_ event: EnrollmentProgress) -> EnrollmentStage? {
        if case .step(let step) = event {
            self.step = step
            return nil
        }
        if history.count < Self.longestHistory { history.append(event) }
        guard case .stage(let stage) = event else { return nil }
        return stage
    }
}
