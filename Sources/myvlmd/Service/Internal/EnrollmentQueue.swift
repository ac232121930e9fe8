/// Who trains and who waits: places that are few, and taken in turns by user. A value; `EnrollmentGate` is its shell.
///
/// - `running` places train at the same time; who ends one lets the next user's oldest wait end.
/// - Turns go round the users: nobody trains twice in a row while somebody else waits.
/// - A user without a wait gets one as long as fewer than `waiting` users wait, whatever others hold; further waits
///   share `waiting` places with those, and one user has at most half of them.
package struct EnrollmentQueue: Sendable {
    /// A place, in the queue or at work.
    package struct Place: Sendable, Hashable {
        /// Unique in its queue.
        package let id: UInt64
        /// Whose.
        package let user: Int64
    }

    /// What became of a wish to enter.
    package enum Entry: Sendable, Equatable {
        /// It may begin now.
        case runs(Place)
        /// It waits, with so many that begin or end before it as things stand.
        case waits(Place, ahead: Int)
        /// There is no place: the user's own waits are too many.
        case fullForUser(waiting: Int)
        /// There is no place for anybody.
        case full
    }

    private let limit: Int
    private let places: Int
    private var running: [UInt64: Int64] = [:]
    private var waits: [Int64: [UInt64]] = [:]
    /// Users who wait, in the order of their turns.
    private var ring: [Int64] = []
    private var lastStarted: Int64?
    private var nextID: UInt64 = 0

    /// A queue of `running` places at work and `waiting` ones for those that wait.
    package init(running: Int, waiting: Int) {
        limit = running
        places = waiting
    }

    /// Enrollments that train now and that wait.
    package var counts: (running: Int, waiting: Int) { (running.count, waiting) }

    /// Waits one user may have.
    package var waitsPerUser: Int { max(1, places / 2) }

    private var waiting: Int { waits.values.reduce(0) { $0 + $1.count } }

    /// Takes a place. With `always` there is one whatever waits: an enrollment that an earlier process had taken on.
    package mutating func enter(_ user: Int64, always: Bool = false) -> Entry {
        if running.count < limit, ring.isEmpty {
            let place = newPlace(user)
            start(place.id, user)
            return .runs(place)
        }
        let own = waits[user]?.count ?? 0
        if !always {
            guard own == 0 ? ring.count < places : waiting < places else {
                return own == 0 ? .full : .fullForUser(waiting: own)
            }
            guard own < waitsPerUser else { return .fullForUser(waiting: own) }
        }
        let place = newPlace(user)
        waits[user, default: []].append(place.id)
        if own == 0 { ring.append(user) }
        // Before the n-th wait of a user come up to n of each other user.
        let others = waits.filter { $0.key != user }.values.reduce(0) { $0 + min($1.count, own + 1) }
        return .waits(place, ahead: running.count + own + others)
    }

    /// Whether a place is at work.
    package func runs(_ place: Place) -> Bool { running[place.id] != nil }

    /// Gives a place back, at work or waiting; does nothing for one that was given back. Returns those that begin now.
    package mutating func leave(_ place: Place) -> [Place] {
        if running.removeValue(forKey: place.id) == nil {
            waits[place.user]?.removeAll { $0 == place.id }
            forgetIdle(place.user)
        }
        var begun: [Place] = []
        while running.count < limit, let next = takeNext() { begun.append(next) }
        return begun
    }

    /// The oldest wait of the user whose turn it is.
    private mutating func takeNext() -> Place? {
        guard let first = ring.first else { return nil }
        // Who has just had a turn has it last.
        if first == lastStarted, ring.count > 1 { ring.append(ring.removeFirst()) }
        let user = ring.removeFirst()
        guard var own = waits[user], !own.isEmpty else { return nil }
        let id = own.removeFirst()
        waits[user] = own
        if own.isEmpty { waits[user] = nil } else { ring.append(user) }
        start(id, user)
        return Place(id: id, user: user)
    }

    private mutating func start(_ id: UInt64, _ user: Int64) {
        running[id] = user
        lastStarted = user
    }

    private mutating func newPlace(_ user: Int64) -> Place {
        nextID += 1
        return Place(id: nextID, user: user)
    }

    private mutating func forgetIdle(_ user: Int64) {
        guard waits[user]?.isEmpty ?? true else { return }
        waits[user] = nil
        ring.removeAll { $0 == user }
    }
}
