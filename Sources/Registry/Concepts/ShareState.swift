/// Where a share stands. Only an accepted one is used by anybody's answers.
package enum ShareState: String, Sendable, CaseIterable {
    /// It reached nobody: there is no such user, or the user is suspended, has blocked the owner, or has too many offers
    /// waiting. The owner cannot tell it from one that waits.
    case undelivered
    /// It waits for the receiver's answer.
    case offered
    /// The receiver's answers use it.
    case accepted
    /// The receiver does not want it, and may still change their mind.
    case declined

    /// What the owner sees: neither who exists nor who declined.
    package var seenByOwner: ShareRecord.State { self == .accepted ? .accepted : .offered }
    /// What the receiver sees; nil for what never arrived.
    package var seenByReceiver: ShareRecord.State? {
        switch self {
        case .undelivered: nil
        case .offered: .offered
        case .accepted: .accepted
        case .declined: .declined
        }
    }

    /// The state after an action; nil where there is no such share for whoever acts.
    package static func after(_ action: ShareAction, _ state: ShareState?) -> ShareState? {
        switch (action, state) {
        // An offer that did not arrive is tried again; what was answered is not asked anew.
        case (.share(let reaches), nil), (.share(let reaches), .undelivered): reaches ? .offered : .undelivered
        case (.share, let known): known
        case (.unshare, _): nil
        case (.accept, nil), (.accept, .undelivered), (.decline, nil), (.decline, .undelivered): nil
        case (.accept, _): .accepted
        case (.decline, _): .declined
        // Blocking somebody declines everything they share.
        case (.block, .offered), (.block, .accepted), (.block, .declined): .declined
        case (.block, let other): other
        }
    }
}

/// What owners and receivers do with a share.
package enum ShareAction: Sendable, Equatable {
    /// The owner shares; says whether that would reach somebody now.
    case share(reaches: Bool)
    /// The owner takes it back.
    case unshare
    /// The receiver wants it.
    case accept
    /// The receiver does not want it.
    case decline
    /// The receiver wants nothing of the owner.
    case block
}
