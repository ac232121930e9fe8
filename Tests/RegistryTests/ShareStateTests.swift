import Registry
import Testing

@Suite(.timeLimit(.minutes(10))) struct ShareStateTests {
    private static let share = ShareAction.share(reaches: true)
    private static let lost = ShareAction.share(reaches: false)

    /// Every state under every action: `from`, `action`, `to`; nil is no share.
    static let table: [(ShareState?, ShareAction, ShareState?)] = [
        (nil, share, .offered), (nil, lost, .undelivered), (nil, .unshare, nil), (nil, .accept, nil),
        (nil, .decline, nil), (nil, .block, nil),
        (.undelivered, share, .offered), (.undelivered, lost, .undelivered), (.undelivered, .unshare, nil),
        (.undelivered, .accept, nil), (.undelivered, .decline, nil), (.undelivered, .block, .undelivered),
        (.offered, share, .offered), (.offered, lost, .offered), (.offered, .unshare, nil),
        (.offered, .accept, .accepted), (.offered, .decline, .declined), (.offered, .block, .declined),
        (.accepted, share, .accepted), (.accepted, lost, .accepted), (.accepted, .unshare, nil),
        (.accepted, .accept, .accepted), (.accepted, .decline, .declined), (.accepted, .block, .declined),
        (.declined, share, .declined), (.declined, lost, .declined), (.declined, .unshare, nil),
        (.declined, .accept, .accepted), (.declined, .decline, .declined), (.declined, .block, .declined),
    ]

    @Test func everyStateUnderEveryAction() {
        #expect(Self.table.count == (ShareState.allCases.count + 1) * 6)
        for (from, action, to) in Self.table {
            #expect(ShareState.after(action, from) == to, "\(String(describing: from)) \(action)")
        }
    }

    /// Nothing but the receiver's own word makes a concept part of answers, and the owner never learns who declined or
    /// who does not exist.
    @Test func onlyTheReceiverAcceptsAndTheOwnerSeesTwoStates() {
        for (from, action, to) in Self.table where to == .accepted && from != .accepted {
            #expect(action == .accept)
        }
        for state in ShareState.allCases {
            #expect(state.seenByOwner == (state == .accepted ? .accepted : .offered))
        }
        #expect(ShareState.undelivered.seenByReceiver == nil)
    }
}
