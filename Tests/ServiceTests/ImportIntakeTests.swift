import Foundation
import RPC
import Registry
import Service
import Testing

/// Files that once held the server up for minutes: what is refused, and how little of them is looked at before.
@Suite(.timeLimit(.minutes(10))) struct ImportIntakeTests {
    private static let digest = String(repeating: "1", count: 64)

    private func intake(concepts: Int = 100, bytes: Int = 256 << 20) -> ImportIntake {
        ImportIntake(
            room: ImportRoom(concepts: concepts, bytes: bytes, longestArtifact: 1 << 20), quotas: Quotas()
        ) { bytes, digest, isPhoto in
            guard bytes != Array("foreign".utf8) else {
                throw RegistryError(.failedPrecondition, "it was made for another model")
            }
            guard bytes != Array("junk".utf8) else { throw RegistryError(.invalidArgument, "no enrollment makes it") }
            return try Self.store().examined(bytes, digest: digest, isPhoto: isPhoto)
        }
    }

    /// A registry that looks at digests and at nothing else.
    private static func store() throws -> RegistryStore {
        let folder = NSTemporaryDirectory() + "myvlm-intake-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        return try RegistryStore(RegistryConfiguration(directory: folder))
    }

    private static func concept(_ name: String, digests: [String] = [digest], kept: [String] = []) -> String {
        let photos = kept.map { #"{"digest":"\#($0)","name":"p"}"# }.joined(separator: ",")
        let versions = digests.enumerated().map { index, digest in
            #"{"number":\#(index + 1),"digest":"\#(digest)","kind":"object","classNoun":"mug","identifier":"mug","#
                + #""threshold":0.5,"modelDigest":"\#(digest)","photos":1,"training":"{\"a\":[1,\"}]\"]}","createdAtMs":1,"#
                + #""kept":[\#(photos)]}"#
        }
        return #"{"name":"\#(name)","current":1,"aliases":[],"versions":[\#(versions.joined(separator: ","))]}"#
    }

    private static func file(_ concepts: [String], format: Int = 1) -> [UInt8] {
        let json =
            #"{"concepts":[\#(concepts.joined(separator: ","))],"createdAtMs":1,"format":\#(format),"user":"a]\"}"}"#
        return Array("myvlm-export 1\n\(json)\n".utf8)
    }

    /// Feeds a file in pieces; gives the steps, and how many pieces were taken before it was refused.
    private func fed(
        _ bytes: [UInt8], to intake: inout ImportIntake, piece: Int = 64 << 10
    ) -> (steps: [ImportIntake.Step], pieces: Int, error: (any Error)?) {
        var steps: [ImportIntake.Step] = []
        for (number, start) in stride(from: 0, to: bytes.count, by: piece).enumerated() {
            intake.append(Array(bytes[start..<min(start + piece, bytes.count)]))
            do {
                while let step = try intake.next() { steps.append(step) }
            } catch {
                return (steps, number + 1, error)
            }
        }
        return (steps, (bytes.count + piece - 1) / piece, nil)
    }

    private func names(_ steps: [ImportIntake.Step]) -> [String] {
        steps.compactMap { step -> String? in
            guard case .concept(let concept) = step else { return nil }
            return concept.name
        }
    }

    @Test(arguments: [1, 2, 7, 1 << 20])
    func conceptsAreCutOutWhateverThePieces(piece: Int) throws {
        var intake = intake()
        let concepts = [Self.concept("mug"), Self.concept("a \u{E9}{[\\\"]} b"), Self.concept("pot")]
        let file = Self.file([concepts[0], " " + concepts[2] + " "])
        let fed = fed(file, to: &intake, piece: piece)
        #expect(fed.error == nil && names(fed.steps) == ["mug", "pot"])
        guard case .described = fed.steps.last else {
            Issue.record("the line did not end")
            return
        }
        // A name may hold what looks like structure: it is refused by its form and not by where the cut fell.
        var other = self.intake()
        let refused = self.fed(Self.file([concepts[1]]), to: &other, piece: piece)
        #expect(StatusMapping.status(of: try #require(refused.error)).code == .invalidArgument)
    }

    /// 900,000 concepts in one line: nothing behind the first that is too many is looked at.
    @Test func manyConceptsAreRefusedAtTheFirstTooMany() {
        var intake = intake(concepts: 5)
        let bomb = Self.file((0..<20_000).map { Self.concept("c\($0)") })
        let fed = fed(bomb, to: &intake, piece: 4 << 10)
        #expect((fed.error as? RPCError)?.code == .resourceExhausted)
        #expect(names(fed.steps).count == 5 && fed.pieces <= 2)
    }

    /// 300,000 kept photos of one version: refused by the size of its description, before anything parses it.
    @Test func aConceptsDescriptionIsLimitedBeforeItIsParsed() {
        var intake = intake()
        let kept = (0..<60_000).map { String(format: "%064x", $0) }
        let bomb = Self.file([Self.concept("mug", kept: kept)])
        let fed = fed(bomb, to: &intake)
        #expect((fed.error as? RPCError)?.code == .invalidArgument && fed.steps.isEmpty)
        #expect(fed.pieces <= (4 << 20) / (64 << 10) + 1)
        var small = self.intake()
        let some = self.fed(Self.file([Self.concept("mug", kept: Array(kept.prefix(21)))]), to: &small)
        #expect((some.error as? RegistryError)?.code == .resourceExhausted)
    }

    @Test func theNumberOfDigestsIsLimited() {
        var intake = intake(concepts: 1_000, bytes: 1)
        let concepts = (0..<700).map { concept in
            Self.concept("c\(concept)", digests: (0..<100).map { String(format: "%032x%032x", concept, $0) })
        }
        let fed = fed(Self.file(concepts), to: &intake)
        #expect((fed.error as? RPCError)?.code == .resourceExhausted && names(fed.steps).count == 655)
    }

    @Test(arguments: [
        "[", "{", #"{"concepts":[1,2]}"#, #"{"concepts":[[]]}"#, #"{"concepts":[{]}"#, "}", "",
        #"{"format":2,"concepts":[]}"#, #"{"concepts":[{}],"format":1}"#,
        #"{"concepts":[{"a":"# + String(repeating: "[", count: 100_000),
        #"{"x":""# + String(repeating: "y", count: 100_000),
    ]) func whatIsNoExportIsRefused(json: String) {
        var intake = intake()
        let fed = fed(Array("myvlm-export 1\n\(json)\n".utf8), to: &intake)
        #expect((fed.error as? RPCError)?.code == .invalidArgument, "\(String(describing: fed.error))")
    }

    /// Bytes are counted when they are announced, and nothing is read that nobody asked for.
    @Test func artifactsAreRefusedBeforeTheyAreRead() throws {
        func error(_ lines: String, bytes: Int = 100) -> (any Error)? {
            var intake = intake(bytes: bytes)
            return fed(Self.file([Self.concept("mug")]) + Array(lines.utf8), to: &intake).error
        }
        #expect((error("\(Self.digest) 101\n") as? RPCError)?.code == .resourceExhausted)
        #expect((error("\(Self.digest) 2000000\n") as? RPCError)?.code == .invalidArgument)
        #expect((error(String(repeating: "2", count: 64) + " 5\n") as? RPCError)?.code == .invalidArgument)
        #expect((error("\(Self.digest) 4\njunk") as? RegistryError)?.code == .invalidArgument)
        #expect((error("\(Self.digest) 4\nfour") as? RegistryError)?.code == .dataLoss)
        #expect(error("\(Self.digest) 4\nfou") == nil)
        #expect((error("end\nmore") as? RPCError)?.code == .invalidArgument)
    }

    @Test func aVersionOfAnotherModelStaysBehind() throws {
        var intake = intake()
        let other = String(repeating: "2", count: 64)
        let fed = fed(
            Self.file([Self.concept("mug", digests: [Self.digest, other])]) + Array("\(other) 7\nforeign".utf8),
            to: &intake)
        guard fed.error == nil, case .concept(let concept) = fed.steps[0], case .unusable = fed.steps[2] else {
            Issue.record("\(fed)")
            return
        }
        #expect(intake.unusableVersions(of: concept) == [2] && intake.unusableReason.contains("another model"))
        intake.turn(to: concept)
        #expect(!intake.isReady, "its first version has not come")
    }
}
