/// One change of a user's concepts. Each has its own revision, and no change is left out.
public struct ChangeEvent: Sendable, Equatable {
    /// What happened.
    public enum Kind: String, Sendable, CaseIterable {
        /// `current` moved onto a version by enrolling.
        case enroll
        /// `current` moved onto a version by name.
        case promote
        /// `current` moved back.
        case rollback
        /// An alias was set or moved.
        case alias
        /// An alias was removed.
        case unalias
        /// An alias was protected.
        case protect
        /// An alias lost its protection.
        case unprotect
        /// The concept has another name.
        case rename
        /// The number of versions to keep changed.
        case retention
        /// The concept was deleted.
        case delete
        /// The concept came back.
        case undelete
        /// The concept was erased; nothing of it is left to name it by.
        case erase
        /// The concept was taken in from a file.
        case `import`
        /// The concept was shared with another user.
        case share
        /// A share was taken back.
        case unshare
    }

    /// The user's revision after it.
    public let revision: UInt64
    /// Milliseconds since 1970.
    public let atMs: Int64
    /// What happened.
    public let kind: Kind
    /// Key of the concept.
    public let conceptID: Int64
    /// What the concept is called now; empty when it is gone for good.
    public let concept: String
    /// `current` or an alias, where a pointer moved.
    public let pointer: String?
    /// Where the pointer stood.
    public let from: Int?
    /// Where the pointer stands now.
    public let to: Int?
}

/// Changes after a revision, in order.
public struct ChangePage: Sendable, Equatable {
    /// Ascending revisions without a gap.
    public let events: [ChangeEvent]
    /// The user's revision when it was read. When `events` is empty, nothing happened up to this revision: it is a
    /// bookmark.
    public let revision: UInt64
}

/// An event to be written.
struct ChangeDraft: Sendable {
    let kind: ChangeEvent.Kind
    let conceptID: Int64
    let pointer: String?
    let from: Int?
    let to: Int?

    init(_ kind: ChangeEvent.Kind, _ conceptID: Int64, pointer: String? = nil, from: Int? = nil, to: Int? = nil) {
        self.kind = kind
        self.conceptID = conceptID
        self.pointer = pointer
        self.from = from
        self.to = to
    }
}
