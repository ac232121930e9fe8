import RPC
import Registry
import Synchronization

/// Counts each user's calls and open streams against the user's limits.
///
/// Calls are limited by a token bucket that holds a minute's worth and refills continuously; a full bucket allows a
/// burst. Safe from any thread.
package final class RateMeter: Sendable {
    private struct Bucket {
        var left: Double
        var atMs: Int64
        var streams = 0
    }

    private let buckets = Mutex<[Int64: Bucket]>([:])
    private let clock: @Sendable () -> Int64
    private static let capacity = 100_000

    /// A meter; `clock` returns milliseconds of a steady clock: a wall clock that is set back would stop the refill.
    package init(clock: @escaping @Sendable () -> Int64) { self.clock = clock }

    /// Counts a call. Throws `resourceExhausted` with the limit, the value and the time to wait.
    package func call(_ userID: Int64, perMinute limit: Int) throws {
        guard limit < .max else { return }
        let now = clock()
        let waitMs = buckets.withLock { buckets -> Int64? in
            if buckets.count >= Self.capacity {
                // After a quiet minute the bucket is full, so the user can be forgotten.
                buckets = buckets.filter { $0.value.streams > 0 || now - $0.value.atMs < 60_000 }
            }
            var bucket = buckets[userID] ?? Bucket(left: Double(limit), atMs: now)
            let refill = Double(max(0, now - bucket.atMs)) * Double(limit) / 60_000
            bucket.left = min(Double(limit), bucket.left + refill)
            bucket.atMs = now
            defer { buckets[userID] = bucket }
            guard bucket.left >= 1 else {
                return limit == 0 ? 60_000 : Int64(((1 - bucket.left) * 60_000 / Double(limit)).rounded(.up))
            }
            bucket.left -= 1
            return nil
        }
        guard let waitMs else { return }
        throw RPCError(
            code: .resourceExhausted,
            message: "\(limit) of \(limit) requests of a minute are used; try again in \((waitMs + 999) / 1_000) s",
            trailers: ["retry-after-ms": String(waitMs)])
    }

    /// Counts an open stream until `leave`. Throws `resourceExhausted` with the limit and the value.
    package func enter(_ userID: Int64, streams limit: Int) throws {
        let open = buckets.withLock { buckets -> Int? in
            var bucket = buckets[userID] ?? Bucket(left: 0, atMs: 0)
            guard bucket.streams < limit else { return bucket.streams }
            bucket.streams += 1
            buckets[userID] = bucket
            return nil
        }
        guard let open else { return }
        throw RPCError(
            code: .resourceExhausted, message: "\(open) of \(limit) streams are open; end one, or wait for one to end",
            trailers: ["retry-after-ms": "1000"])
    }

    /// Ends the count of a stream.
    package func leave(_ userID: Int64) {
        buckets.withLock { buckets in
            guard var bucket = buckets[userID] else { return }
            bucket.streams = max(0, bucket.streams - 1)
            buckets[userID] = bucket
        }
    }

    /// A user's open streams, and calls of the last minute.
    package func counts(_ userID: Int64, perMinute limit: Int) -> (streams: Int, calls: Int) {
        let now = clock()
        return buckets.withLock { buckets in
            guard let bucket = buckets[userID] else { return (0, 0) }
            let refill = Double(max(0, now - bucket.atMs)) * Double(limit) / 60_000
            return (bucket.streams, max(0, limit - Int(min(Double(limit), bucket.left + refill))))
        }
    }
}
