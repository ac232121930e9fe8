import Foundation
import Foundations
import ProcessTestSupport
import Testing

@Suite(.timeLimit(.minutes(10))) struct SHA256DigestTests {
    /// FIPS 180-4's examples, by the Cryptographic Standards program: the empty text, one block, two blocks.
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ])
    func publishedExamples(text: String, digest: String) {
        #expect(SHA256Digest.hex(text.utf8) == digest)
        #expect(Hex.isDigest(digest))
    }

    @Test func piecesGiveTheDigestOfTheWhole() {
        var random = SplitMix64(seed: 3)
        let bytes = (0..<1_000).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        for _ in 0..<50 {
            var digest = SHA256Digest()
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = min(rest.count, random.index(below: 200))
                digest.update(Array(rest.prefix(count)))
                rest = rest.dropFirst(count)
            }
            #expect(digest.finish() == SHA256Digest.of(bytes))
        }
    }

    /// Longer than the buffer it is read by, against the system's own program.
    @Test func aFileHasTheDigestOfItsContent() async throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "digest-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data((0..<(1 << 20) + 77).map { UInt8(truncatingIfNeeded: $0 &* 31) }).write(to: file)
        let told = try await Program(path: "/usr/bin/sha256sum").run([file.path()]).out.prefix(64)
        #expect(Hex.encode(try SHA256Digest.of(contentsOf: file.path())) == told)
    }

    /// As `git hash-object` says.
    @Test(arguments: [
        ("", "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"), ("hello\n", "ce013625030ba8dba906f756967f9e9ca394464a"),
    ])
    func gitNamesContents(text: String, name: String) {
        var digest = GitBlobDigest(size: text.utf8.count)
        for byte in text.utf8 { withUnsafeBytes(of: byte) { digest.update($0) } }
        #expect(Hex.encode(digest.finish()) == name)
    }

    @Test func aMissingFileIsToldByTheSystemsNumber() {
        #expect(throws: SystemFailure(ENOENT)) { try SHA256Digest.of(contentsOf: "/nowhere/at/all") }
        #expect(SystemFailure(ENOENT).reason == "No such file or directory")
        #expect(throws: SystemFailure(EISDIR)) { try SHA256Digest.of(contentsOf: "/") }
    }

    @Test func whatIsNoDigestIsNotTakenForOne() {
        let digest = SHA256Digest.hex([1, 2, 3])
        for text in ["", String(digest.dropLast()), digest + "0", digest.uppercased(), "g" + digest.dropFirst()] {
            #expect(!Hex.isDigest(text), "\(text)")
        }
        #expect(Hex.encode([0, 0x0F, 0xA0, 0xFF]) == "000fa0ff")
    }
}
