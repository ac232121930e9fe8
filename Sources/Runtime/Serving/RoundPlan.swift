/// Which sequences the next decoding step is made of. A value.
///
/// A step costs more the wider it is, and everybody in it waits for all of it. So while users are together in the batch,
/// each steps `besideOthers` sequences at most, whatever it has running; the rest keep what they have computed and wait.
/// A user alone steps all. Within a user what began first goes first. Where not even one of each user fits, those go
/// first whose last step is longest ago.
package struct RoundPlan: Sendable {
    /// Sequences of one user in a step it shares with others.
    package static let besideOthers = 1

    private var turn: UInt64 = 0
    private var lastTurn: [String: UInt64] = [:]

    package init() {}

    /// How many sequences of each answer are stepped; `pending` are those of its sequences that wait for their step.
    package mutating func counts(of answers: [(user: String, pending: Int)], width: Int) -> [Int] {
        var order: [String] = []
        var wanted: [String: Int] = [:]
        for answer in answers {
            if wanted[answer.user] == nil { order.append(answer.user) }
            wanted[answer.user, default: 0] += answer.pending
        }
        lastTurn = lastTurn.filter { wanted[$0.key] != nil }
        if order.count > width {
            let places = Dictionary(uniqueKeysWithValues: zip(order, order.indices))
            order.sort { (lastTurn[$0] ?? 0, places[$0] ?? 0) < (lastTurn[$1] ?? 0, places[$1] ?? 0) }
        }
        let most = order.count == 1 ? width : Self.besideOthers
        var left = width
        var granted: [String: Int] = [:]
        for user in order {
            let count = min(left, most, wanted[user] ?? 0)
            if count > 0 {
                turn += 1
                lastTurn[user] = turn
            }
            granted[user] = count
            left -= count
        }
        return answers.map { answer in
            let count = min(answer.pending, granted[answer.user] ?? 0)
            granted[answer.user, default: 0] -= count
            return count
        }
    }
}
