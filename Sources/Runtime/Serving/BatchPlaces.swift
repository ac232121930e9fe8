/// Who may have sequences in the running batch. A value.
///
/// A user's first answer of one sequence always finds room in places of its own kind, so nobody waits until others'
/// answers end. Everything else shares `width` sequences: alone a user may have all of them, among others an equal share.
/// An answer that has its share but no room holds back the others until there is: a wide one is not passed for ever.
package struct BatchPlaces: Sendable {
    /// Places an answer holds.
    package struct Held: Sendable, Equatable {
        package let user: String
        package let width: Int
        /// In the places of users who have no other.
        package let isFirst: Bool
    }

    /// Sequences of the shared places; as many first answers are let in beside them.
    package let width: Int
    package private(set) var firsts = 0
    package private(set) var shared = 0
    private var held: [String: Int] = [:]

    package init(width: Int) { self.width = width }

    /// Takes the answer out that comes in next, and gives it places that `leave` hands back; nil while there is no room
    /// for any.
    package mutating func next<Arrival>(
        of arrivals: inout TurnQueue<String, Arrival>, width widthOf: (Arrival) -> Int
    ) -> (arrival: Arrival, held: Held)? {
        let users = Set(held.keys).union(arrivals.keys).count
        let share = max(1, width / max(1, users))
        var isHeldBack = false
        let next = arrivals.next { user, arrival in
            let (wanted, own) = (widthOf(arrival), held[user] ?? 0)
            if own == 0, wanted == 1, firsts < width { return true }
            guard !isHeldBack, own == 0 || own + wanted <= share else { return false }
            isHeldBack = !(shared == 0 || shared + wanted <= width)
            return !isHeldBack
        }
        guard let next else { return nil }
        let wanted = widthOf(next.element)
        let isFirst = held[next.key] == nil && wanted == 1 && firsts < width
        held[next.key, default: 0] += wanted
        if isFirst { firsts += wanted } else { shared += wanted }
        return (next.element, Held(user: next.key, width: wanted, isFirst: isFirst))
    }

    /// Hands places back.
    package mutating func leave(_ places: Held) {
        if places.isFirst { firsts -= places.width } else { shared -= places.width }
        held[places.user, default: 0] -= places.width
        if held[places.user] == 0 { held[places.user] = nil }
    }
}
