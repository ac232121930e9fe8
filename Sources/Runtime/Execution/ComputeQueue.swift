import Compute
import Dispatch
import Foundations
import Synchronization

/// Where heavy arithmetic runs: one job at a time off the cooperative pool, in two lanes.
///
/// The kernels spread one job over all cores, so jobs side by side would only fight for them. When both lanes wait, the
/// one that has used less of its share goes first: answers get `answerShare` of the time, enrollment the rest, and
/// neither starves. A lane that was idle starts level with the other; it cannot save time up. Within a lane the user
/// goes first who has had least of it (`FairShares`), so that however many jobs one brings, n others are delayed by n
/// times their own work at most. Jobs that are long have points where they wait for whoever is before them by then
/// (`Pause`): nobody waits for a whole job of another's. Safe from any thread.
package final class ComputeQueue: Sendable {
    /// Who asks.
    package enum Lane: Int, Sendable {
        case answers = 0
        case training = 1
    }

    /// Names a job until it starts.
    package struct Ticket: Sendable {
        fileprivate let lane: Lane
        fileprivate let ticket: TurnQueue<String, ComputeLane.Job>.Ticket
    }

    /// The share of time answers get while an enrollment waits too.
    static let answerShare = 0.75

    private struct State {
        var lanes = [ComputeLane(), ComputeLane()]
        /// Seconds used, divided by the lane's share.
        var used: [Double] = [0, 0]
        var isRunning = false
    }

    private let state = Mutex(State())
    private let start: @Sendable (@escaping @Sendable () -> Void) -> Void
    /// Seconds since some fixed moment.
    package let time: @Sendable () -> Double

    /// A queue with its own thread. With a niceness above 0 other threads of the machine go before it. `time` counts
    /// seconds; tests give their own.
    package init(label: String, niceness: Int32 = 0, time: (@Sendable () -> Double)? = nil) {
        let begun = ContinuousClock.now
        self.time = time ?? { (ContinuousClock.now - begun) / .seconds(1) }
        if niceness > 0 {
            let thread = NiceThread(label: label, niceness: niceness)
            start = { thread.run($0) }
        } else {
            let queue = DispatchQueue(label: label, qos: .userInitiated)
            start = { queue.async(execute: $0) }
        }
    }

    /// Runs `body` in the user's turn and returns its result. Throws `CancellationError` when the task is cancelled
    /// before the job starts; a started job runs to its end.
    package func run<R: Sendable>(
        _ lane: Lane, for user: String = "", _ body: @escaping @Sendable () throws -> R
    ) async throws -> R {
        let outcome = Awaited<R>()
        let ticket = submit(lane, for: user) { outcome.finish(Result { try body() }) }
        return try await outcome.value {
            if self.withdraw(ticket) { outcome.finish(.failure(CancellationError())) }
        }
    }

    /// Runs `body` in the user's turn; nobody waits for it.
    @discardableResult
    package func submit(_ lane: Lane, for user: String = "", _ body: @escaping @Sendable () -> Void) -> Ticket {
        let ticket = change(lane) { $0.append(body, for: user) }
        return Ticket(lane: lane, ticket: ticket)
    }

    /// Takes a job back that has not started; false when it has.
    package func withdraw(_ ticket: Ticket) -> Bool {
        state.withLock { $0.lanes[ticket.lane.rawValue].remove(ticket.ticket) }
    }

    /// Puts up the one job of the lane that several users share, or adds a user to it while it waits. Its turn is that
    /// of its user who has had least; it is not interrupted, and says what it spent on whom.
    package func share(_ lane: Lane, for user: String, _ body: @escaping @Sendable () -> [String: Double]) {
        change(lane) { $0.share(body, with: user) }
    }

    private func change<R>(_ lane: Lane, _ body: (inout sending ComputeLane) -> sending R) -> R {
        let (result, starts) = state.withLock { state in
            let index = lane.rawValue
            if state.lanes[index].isEmpty { state.used[index] = max(state.used[index], state.used[1 - index]) }
            let result = body(&state.lanes[index])
            defer { state.isRunning = true }
            return (result, !state.isRunning)
        }
        if starts { start { self.work() } }
        return result
    }

    private func work() {
        while let (lane, turn) = next() { _ = perform(turn, in: lane, isNested: false) }
    }

    private func next() -> (Lane, ComputeLane.Turn)? {
        state.withLock { state in
            let lanes = [Lane.answers, .training].filter { !state.lanes[$0.rawValue].isEmpty }
            guard let lane = lanes.min(by: { state.used[$0.rawValue] < state.used[$1.rawValue] }),
                let turn = state.lanes[lane.rawValue].next()
            else {
                state.isRunning = false
                return nil
            }
            return (lane, turn)
        }
    }

    /// Runs a job and charges it; returns the seconds it took, those of others that ran meanwhile included.
    private func perform(_ turn: ComputeLane.Turn, in lane: Lane, isNested: Bool) -> Double {
        let begun = time()
        let others = Seconds()
        let charges =
            if isNested || turn.isShared {
                Pause.during(nil) { turn.run() }
            } else {
                Pause.during({ self.giveWay(turn.user, lane, begun, others) }) { turn.run() }
            }
        let whole = time() - begun
        let seconds = whole - others.value
        state.withLock { state in
            state.used[lane.rawValue] += seconds / Self.share(of: lane)
            for (user, part) in charges ?? [turn.user: seconds] { state.lanes[lane.rawValue].charge(user, part) }
        }
        return whole
    }

    /// In the midst of a job: runs answers that come before it by now.
    private func giveWay(_ user: String, _ lane: Lane, _ begun: Double, _ others: Seconds) {
        while let next = ahead(of: user, in: lane, after: time() - begun - others.value) {
            others.add(perform(next, in: .answers, isNested: true))
        }
    }

    /// An answer's turn that comes before a job of `lane` that has run for some seconds.
    private func ahead(of user: String, in lane: Lane, after seconds: Double) -> ComputeLane.Turn? {
        state.withLock { state in
            guard lane == .training else { return state.lanes[0].next(before: user, after: seconds) }
            let used = state.used[1] + seconds / Self.share(of: .training)
            return state.used[0] < used ? state.lanes[0].next() : nil
        }
    }

    private static func share(of lane: Lane) -> Double { lane == .answers ? answerShare : 1 - answerShare }
}

/// A sum that a job's points add to.
private final class Seconds: Sendable {
    private let sum = Mutex(0.0)

    var value: Double { sum.withLock { $0 } }

    func add(_ seconds: Double) { sum.withLock { $0 += seconds } }
}
