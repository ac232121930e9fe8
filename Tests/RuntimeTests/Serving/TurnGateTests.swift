import Foundations
import Runtime
import Testing
import VLM
import WaitingTestSupport

@Suite(.timeLimit(.minutes(10))) struct TurnGateTests {
    /// One user holds all its places and has more waiting; another is let in before those.
    @Test func nobodyHoldsAllPlacesAndUsersTakeTurns() async throws {
        let gate = TurnGate(limit: 2, perUser: 1)
        let order = Locked<[String]>([])
        let open = Locked(false)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<4 {
                group.addTask {
                    try await gate.run(for: "flood") {
                        order.withLock { $0.append("flood") }
                        try await eventually("the flood is let go") { open.value }
                    }
                }
                if index == 0 { try await eventually("the first is let in") { !order.value.isEmpty } }
            }
            try await eventually("three wait") { gate.waiting == 3 }
            try await gate.run(for: "quiet") { order.withLock { $0.append("quiet") } }
            #expect(order.value == ["flood", "quiet"])
            open.withLock { $0 = true }
            try await group.waitForAll()
        }
        #expect(order.value.count == 5 && gate.waiting == 0)
    }

    @Test func aCancelledWaitEndsAtOnce() async throws {
        let gate = TurnGate(limit: 1, perUser: 1)
        try await gate.run(for: "holder") {
            let waiting = Task { try await gate.run(for: "other") { Issue.record("it was let in") } }
            try await eventually("one waits") { gate.waiting > 0 }
            waiting.cancel()
            await #expect(throws: CancellationError.self) { try await waiting.value }
            #expect(gate.waiting == 0)
        }
        try await gate.run(for: "other") {}
    }

    @Test func picturesAreSortedByTheirHeaders() throws {
        let picture = try RGBImage(width: 30, height: 20, pixels: [UInt8](repeating: 9, count: 1_800)).encodedPNG()
        #expect(RGBImage.pixelCount(ofEncoded: picture) == 600)
        #expect(RGBImage.pixelCount(ofEncoded: [1, 2, 3]) == nil)
        #expect(RGBImage.pixelCount(ofEncoded: Array(picture.prefix(12))) == nil)
        let trays = [nil, 600, 4_000_000, 4_000_001, 16_000_000, 16_000_001, .max].map(PictureDesk.tray(ofPixels:))
        #expect(trays == [0, 0, 0, 1, 1, 2, 2])
    }
}
