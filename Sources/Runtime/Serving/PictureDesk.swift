import VLM

/// Where pictures of requests are decoded: users take turns, small pictures do not wait for large ones, and the memory of
/// decoded ones is bounded.
///
/// A decoder runs on one thread to its end, and how long that takes is the sender's choice. So pictures are sorted by the
/// pixels their header names: whoever sends small ones waits for small ones at most. Large ones are decoded on a thread
/// that others go before.
package final class PictureDesk: Sendable {
    /// Pictures of up to so many pixels are small: some tens of milliseconds.
    static let small = 4_000_000
    /// Up to so many, what phones make: some tenths of a second.
    static let ordinary = 16_000_000

    /// Pictures of one size.
    private struct Tray: Sendable {
        let queue: ComputeQueue
        /// Decoded pictures that are being looked at, which is when their memory is let go.
        let gate: TurnGate
    }

    private let decode: @Sendable ([UInt8]) throws -> RGBImage
    private let trays: [Tray]

    init(decode: @escaping @Sendable ([UInt8]) throws -> RGBImage, large: ComputeQueue) {
        self.decode = decode
        trays = [
            Tray(queue: ComputeQueue(label: "myvlm.pictures.small"), gate: TurnGate(limit: 16, perUser: 4)),
            Tray(queue: ComputeQueue(label: "myvlm.pictures.ordinary"), gate: TurnGate(limit: 6, perUser: 2)),
            Tray(queue: large, gate: TurnGate(limit: 1, perUser: 1)),
        ]
    }

    /// Decodes a picture in the user's turn and gives it to `body`, which should keep it no longer than it must. Throws
    /// what the decoder throws and what `body` throws, and `CancellationError`.
    func with<R: Sendable>(
        _ bytes: [UInt8], of user: String, _ body: (RGBImage) async throws -> R
    ) async throws -> R {
        let tray = trays[Self.tray(ofPixels: RGBImage.pixelCount(ofEncoded: bytes))]
        return try await tray.gate.run(for: user) {
            try await body(try await tray.queue.run(.answers, for: user) { [decode] in try decode(bytes) })
        }
    }

    /// What cannot be read is refused soon.
    package static func tray(ofPixels pixels: Int?) -> Int {
        guard let pixels, pixels > small else { return 0 }
        return pixels > ordinary ? 2 : 1
    }
}
