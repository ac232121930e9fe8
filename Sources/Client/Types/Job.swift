/// An enrollment as the server keeps it.
public struct Job: Sendable, Equatable, Codable {
    /// Its key.
    public let id: String
    /// The concept to be enrolled.
    public let concept: String
    /// "queued", "running", "succeeded", "failed", "cancelled".
    public let state: String
    /// The stage it reached last.
    public let stage: String
    /// Steps of the training done, while it runs.
    public let step: Int
    /// Steps of the training in all; 0 where not known.
    public let steps: Int
    /// How often it was begun: more than once after a crash or a resume.
    public let attempts: Int
    /// Milliseconds since 1970.
    public let createdAtMs: Int64
    /// When it was begun last.
    public let startedAtMs: Int64?
    /// When it ended.
    public let finishedAtMs: Int64?
    /// Time spent on it.
    public let spentMs: Int64
    /// Why it failed.
    public let error: String?
    /// The version it made.
    public let version: Int?

    /// Whether nothing happens to it by itself any more.
    public var isOver: Bool { state != "queued" && state != "running" }
}
