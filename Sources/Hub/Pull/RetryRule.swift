/// Whether and when a request is made again: after a failure that may pass, with growing pauses, and not for ever.
package struct RetryRule: Sendable {
    /// What kept a request from its end.
    package enum Failure: Error, Equatable {
        /// The connection broke off.
        case cut
        /// Nothing came for as long as is waited.
        case stalled
        /// No connection came about.
        case unreachable
        /// The hub said so: 429 with the seconds it asks for, or 5xx.
        case refused(status: Int, wait: Int?)
    }

    /// The longest pause that a hub may ask for, in seconds.
    package static let longestWait = 300
    /// Tries in a row of which none brought a byte.
    package static let fruitless = 5
    /// All tries of one request: a server that gives a byte a try does not hold anybody for ever.
    package static let most = 1_000

    private var inARow = 0
    private var all = 0

    package init() {}

    /// The pause before the next try, in seconds; nil to give up.
    /// - Parameter gained: whether the last try brought bytes that will not be asked for again.
    package mutating func pause(after failure: Failure, gained: Bool) -> Int? {
        all += 1
        inARow = gained ? 0 : inARow + 1
        let limit = failure == .unreachable ? 2 : Self.fruitless
        guard inARow < limit, all < Self.most else { return nil }
        if case .refused(_, let wait?) = failure { return wait <= Self.longestWait ? wait : nil }
        return gained ? 0 : 1 << (inARow - 1)
    }
}

extension RetryRule.Failure {
    /// What is said when no try is left. `what` was being fetched.
    func error(_ what: String, _ host: String) -> HubError {
        switch self {
        case .cut:
            HubError(
                .unavailable,
                "\(host) cuts the connection while \(what) is fetched; the same command goes on from there")
        case .stalled:
            HubError(
                .unavailable,
                "\(host) sends nothing more of \(what) (HF_HUB_DOWNLOAD_TIMEOUT says how long is waited); "
                    + "the same command goes on from there"
            )
        case .unreachable:
            HubError(.unavailable, "\(host) cannot be reached for \(what); check the network, a proxy and HF_ENDPOINT")
        case .refused(429, let wait):
            HubError(
                .tryLater,
                "\(host) gives out no more for now (429); "
                    + (wait.map { "try again in \($0) seconds" } ?? "try again later") + ", or with a token (HF_TOKEN)")
        case .refused(let status, _):
            HubError(.unavailable, "\(host) has trouble of its own (\(status)) with \(what); try again later")
        }
    }
}
