internal import RPCTransport
internal import Synchronization

/// The ledger of a server's open calls and request bytes. Safe from any thread.
final class RequestBudget: Sendable {
    private let ledger: Mutex<RequestLedger>

    init(users: RequestBounds, strangers: RequestBounds) {
        ledger = Mutex(RequestLedger(users: users, strangers: strangers))
    }

    var bytes: Int { ledger.withLock { $0.bytes } }

    /// Counts a call until `close`.
    func open(_ account: CallAccount) throws(RPCError) {
        do {
            try ledger.withLock { (ledger: inout RequestLedger) throws(RequestLedger.Refusal) in
                try ledger.open(account)
            }
        } catch {
            throw Self.error(error)
        }
    }

    /// Counts bytes of an open call. Returns the refusal when there is no room for them.
    func reserve(_ bytes: Int, _ account: CallAccount) -> RPCError? {
        do {
            try ledger.withLock { (ledger: inout RequestLedger) throws(RequestLedger.Refusal) in
                try ledger.reserve(bytes, account)
            }
            return nil
        } catch {
            return Self.error(error)
        }
    }

    func release(_ bytes: Int, _ account: CallAccount) { ledger.withLock { $0.release(bytes, account) } }

    /// Ends a call's count. The allocator keeps what large requests took, unless it is asked to give it back.
    func close(_ account: CallAccount, bytes: Int) {
        let hasEbbed = ledger.withLock { ledger in
            ledger.close(account, bytes: bytes)
            return ledger.hasEbbed(from: 32 << 20)
        }
        // A moment later, when the last request has been freed; it takes milliseconds, so not on an event loop's
        // thread.
        if hasEbbed { Task.detached(priority: .background) { SystemMemory.giveBack() } }
    }

    private static func error(_ refusal: RequestLedger.Refusal) -> RPCError {
        let message =
            switch refusal {
            case .tooManyCalls(let count): "\(count) of your calls are open; end one, or wait for one to end"
            case .tooManyCallsInAll: "the server has as many calls open as it can; try again"
            case .tooManyBytes(let limit):
                "your requests in transit would take more than \(limit >> 20) MiB; send fewer at a time"
            case .tooManyBytesInAll: "the server has as many requests in transit as it can keep; try again"
            }
        return RPCError(code: .resourceExhausted, message: message, trailers: ["retry-after-ms": "1000"])
    }
}
