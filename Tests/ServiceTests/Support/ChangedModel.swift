import Client
import Foundation
import Service
import VLMTestSupport

extension Harness {
    /// Fills a server of one model, then runs `body` against a server of another model over the same home.
    static func withChangedModel(
        _ next: Setup = Setup(), fill: (Harness) async throws -> Void, _ body: (Harness) async throws -> Void
    ) async throws {
        try await run { harness in
            try await fill(harness)
            await harness.server.shutdown(grace: .seconds(2))
            var next = next
            next.home = harness.home.path
            next.model = { try TinyVLM.make(seed: 2) }
            try await run(next, body)
        }
    }

    /// A client of a user that is there already.
    func known(_ name: String) async throws -> MyVLMClient {
        let client = try client()
        _ = try await client.login(user: name, password: Self.userPassword)
        return client
    }

    /// An order whose photos are kept.
    static func keptOrder(_ name: String, thing: UInt64 = 1, views: Range<UInt64> = 0..<3) throws -> EnrollmentOrder {
        var order = try order(name, thing: thing, views: views)
        order.keepPhotos = true
        return order
    }
}

extension MyVLMClient {
    /// Trains a concept again to the end.
    func reenrolled(_ concept: String) async throws -> Enrolled {
        var last: Enrolled?
        for try await event in reenroll(concept) { if case .done(let enrolled) = event { last = enrolled } }
        guard let last else { throw MyVLMError(.internalError, "the training ended without a version") }
        return last
    }

    /// Begins to train a concept again and goes away.
    func reenrollment(_ concept: String) async throws -> Job {
        for try await event in reenroll(concept, detach: true) { if case .job(let job) = event { return job } }
        throw MyVLMError(.internalError, "no job was told")
    }

    /// All photos kept with a version.
    func keptPhotos(_ concept: String, version: String = "") async throws -> [Photo] {
        var kept: [Photo] = []
        for try await photo in photos(of: concept, version: version) { kept.append(photo) }
        return kept
    }
}
