import Foundation
import Foundations
import VLM

/// Holds back the decoding of pictures until a test lets it go.
final class Barrier: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)
    private let held = Locked(true)
    let reached: AsyncStream<Void>
    private let arrived: AsyncStream<Void>.Continuation

    init() { (reached, arrived) = AsyncStream.makeStream(of: Void.self) }

    /// Blocks the picture queue, not a thread of the cooperative pool.
    func pass() {
        guard held.value else { return }
        arrived.yield()
        semaphore.wait()
        semaphore.signal()
    }

    func open() {
        held.set(false)
        semaphore.signal()
    }
}

extension Harness.Setup {
    /// A server whose pictures are decoded only once a barrier is open, as long as `isHeld` says so.
    static func heldBack(_ barrier: Barrier, while isHeld: @escaping @Sendable () -> Bool = { true }) -> Self {
        var setup = Self()
        setup.decode = { bytes in
            if isHeld() { barrier.pass() }
            return try RGBImage(decoding: bytes, limits: .standard)
        }
        return setup
    }
}
