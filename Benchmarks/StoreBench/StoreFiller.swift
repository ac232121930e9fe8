import Foundation
import Foundations
import Registry

/// Makes users with concepts whose artifacts look random, as trained weights do.
struct StoreFiller {
    /// A user with a token.
    struct Person: Sendable {
        let token: String
    }

    private let store: RegistryStore
    private let artifactBytes: Int
    private let seed: UInt64
    /// Bytes somebody wanted kept: artifacts, training records and words.
    private(set) var payloadBytes = 0

    /// A registry that does not wait for the disk while it is filled.
    init(_ configuration: RegistryConfiguration, seed: UInt64, artifactBytes: Int) throws {
        var quick = configuration
        quick.waitsForDisk = false
        store = try RegistryStore(quick)
        self.artifactBytes = artifactBytes
        self.seed = seed
    }

    mutating func fill(users: Int, concepts: Int) async throws -> [Person] {
        var people: [Person] = []
        people.reserveCapacity(users)
        for user in 0..<users {
            let name = "user\(user)"
            _ = try await store.createUser(name: name, password: "a password", role: .user, by: .console)
            let token = try await store.login(name: name, password: "a password", address: "192.0.2.1").token
            let principal = try await store.authenticate(token)
            people.append(Person(token: token))
            for number in 0..<concepts {
                let commit = enrollment("concept \(number)", user: user, number: number)
                _ = try await store.commit(commit, by: principal)
                payloadBytes += commit.artifact.count + commit.trainingRecord.utf8.count
                payloadBytes += commit.concept.utf8.count + commit.classNoun.utf8.count + commit.identifier.utf8.count
            }
        }
        return people
    }

    func close() throws { try store.close() }

    /// The enrollment of one concept; other numbers, other bytes.
    func enrollment(_ concept: String, user: Int, number: Int) -> EnrollmentCommit {
        var random = SplitMix64(seed: seed ^ UInt64(user) << 32 ^ UInt64(number))
        var artifact = [UInt8]()
        artifact.reserveCapacity(artifactBytes + 8)
        while artifact.count < artifactBytes {
            withUnsafeBytes(of: random.next()) { artifact.append(contentsOf: $0) }
        }
        artifact.removeLast(artifact.count - artifactBytes)
        return EnrollmentCommit(
            concept: concept,
            description: ArtifactDescription(
                kind: .object, classNoun: "mug", identifier: "zibo", threshold: 0.5,
                modelDigest: String(repeating: "ab", count: 32), photoCount: 4, trainingRecord: Self.record),
            artifact: artifact)
    }

    /// As long as the one that pocket's training leaves.
    private static let record: String = {
        let digests = (0..<4).map { "\"\(String(repeating: "\($0)", count: 64))\"" }.joined(separator: ",")
        return #"{"checkpoint":60,"final_cross_entropy":0.31,"held_out_recall":1,"initial_cross_entropy":3.2,"#
            + #""negatives":2048,"photo_digests":[\#(digests)],"sentences":12,"settings":{"learning_rate":0.01,"#
            + #""steps":60,"tokens":4},"views":16}"#
    }()
}
