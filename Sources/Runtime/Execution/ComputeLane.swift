/// The jobs of one lane of a compute queue, and whose turn it is. A value.
struct ComputeLane: Sendable {
    typealias Job = @Sendable () -> Void
    typealias SharedJob = @Sendable () -> [String: Double]

    /// A job that was taken out to be run.
    struct Turn: Sendable {
        /// Whose turn it takes.
        let user: String
        /// Whether it is the job that several users share.
        let isShared: Bool
        /// Runs it; returns what it spent on whom, nil where all was the user's.
        let run: @Sendable () -> [String: Double]?
    }

    private var jobs = TurnQueue<String, Job>()
    private var shared: (users: Set<String>, run: SharedJob)?
    private var shares = FairShares<String>()

    var isEmpty: Bool { jobs.isEmpty && shared == nil }

    mutating func append(_ job: @escaping Job, for user: String) -> TurnQueue<String, Job>.Ticket {
        jobs.append(unlimited: job, for: user)
    }

    mutating func remove(_ ticket: TurnQueue<String, Job>.Ticket) -> Bool { jobs.remove(ticket) != nil }

    mutating func share(_ job: @escaping SharedJob, with user: String) {
        shared = (shared?.users.union([user]) ?? [user], shared?.run ?? job)
    }

    mutating func charge(_ user: String, _ seconds: Double) { shares.charge(user, seconds) }

    /// Takes the job of whoever has had least. A job of one's own goes before the shared one: more of one's answers are
    /// then in it, and it costs hardly more.
    mutating func next() -> Turn? {
        guard let first = first(of: { _ in true }) else { return nil }
        shares.begin(first.user)
        return take(first)
    }

    /// Takes the next job where it is another user's who has had less than `user` will have had with `seconds` more.
    ///
    /// The level stays that of `user`, who is being served: were it raised by every turn of the others, `user` would be
    /// counted as having had what they had, and go on waiting for them.
    mutating func next(before user: String, after seconds: Double) -> Turn? {
        guard let first = first(of: { $0 != user }), shares.used(first.user) < shares.used(user) + seconds else {
            return nil
        }
        return take(first)
    }

    private func first(of isMeant: (String) -> Bool) -> (user: String, isShared: Bool)? {
        let least = jobs.keys.filter(isMeant).min { shares.used($0) < shares.used($1) }
        let sharing = shared?.users.filter(isMeant).min { (shares.used($0), $0) < (shares.used($1), $1) }
        guard let sharing else { return least.map { ($0, false) } }
        guard let least, shares.used(least) <= shares.used(sharing) else { return (sharing, true) }
        return (least, false)
    }

    private mutating func take(_ first: (user: String, isShared: Bool)) -> Turn? {
        if first.isShared, let run = shared?.run {
            shared = nil
            return Turn(user: first.user, isShared: true) { run() }
        }
        return jobs.next(of: first.user).map { job in
            Turn(user: first.user, isShared: false) {
                job()
                return nil
            }
        }
    }
}
