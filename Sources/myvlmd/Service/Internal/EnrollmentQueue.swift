/// Which enrollments train and which wait: a limited number of places, which users take in turns. A value;
/// `EnrollmentGate` is its shell.
///
/// - `running` enrollments train at the same time; when one ends, the next user's oldest waiting one begins.
/// - Turns go round between users: nobody trains twice in a row while somebody else waits.
/// - A user with nothing waiting may wait as long as fewer than `waiting` users do, whatever others hold; further
///   waiting places are shared, `waiting` in all, and one user has at most half of them.
package struct EnrollmentQueue: Sendable {
    /// A place, waiting or training.
    package struct Place: Sendable, Hashable {
        /// Unique in its queue.
        package let id: UInt64
        /// The user's key.
        package let user: Int64
    }

    /// The result of entering.
    package enum Entry: Sendable, Equatable {
        /// It may begin now.
        case runs(Place)
        /// It waits; at present `ahead` others come before it.
        case waits(Place, ahead: Int)
        /// Refused: the user already has too many waiting.
        case fullForUser(waiting: Int)
        /// Refused: the queue is full for everybody.
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

    /// A queue with `running` places for training and `waiting` places for those that wait.
    package init(running: Int, waiting: Int) {
        limit = running
        places = waiting
    }

    /// Enrollments that train now and that wait.
    package var counts: (running: Int, waiting: Int) { (running.count, waiting) }

    /// How many of one user may wait.
    package var waitsPerUser: Int { max(1, places / 2) }

    private var waiting: Int { waits.values.reduce(0) { $0 + $1.count } }

    /// Takes a place. With `always` it is given regardless of the limits: for an enrollment that an earlier process had
    /// accepted.
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
        // Before the n-th waiting enrollment of a user come up to n of each other user.
        let others = waits.filter { $0.key != user }.values.reduce(0) { $0 + min($1.count, own + 1) }
        return .waits(place, ahead: running.count + own + others)
    }

    /// Whether a place is training.
    package func runs(_ place: Place) -> Bool { running[place.id] != nil }

    /// Gives a place back, training or waiting; does nothing for one that was given back already. Returns the places
    /// that begin now.
    package mutating func leave(_ place: Place) -> [Place] {
        if running.removeValue(forKey: place.id) == nil {
            waits[place.user]?.removeAll { $0 == place.id }
            forgetIdle(place.user)
        }
        var begun: [Place] = []
        while running.count < limit, let next = takeNext() { begun.append(next) }
        return begun
    }

    /// Takes the oldest waiting place of the user whose turn it is.
    private mutating func takeNext() -> Place? {
        guard let first = ring.first else { return nil }
        // The user who has just had a turn comes last.
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
