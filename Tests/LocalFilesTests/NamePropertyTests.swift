import Foundation
import LocalFiles
import PropertyTestSupport
import Testing

/// What is true of the names and contents of files, whatever bytes they are.
@Suite(.timeLimit(.minutes(10))) struct NamePropertyTests {
    /// Bytes of a name: UTF-8, Latin-1, parts of characters, carriers of bytes.
    private static func name(_ random: inout Seeded) -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0..<random.number(1...6) {
            switch random.number(0...3) {
            case 0: bytes += random.text(1...4).utf8
            case 1: bytes += random.bytes(1...3)
            case 2: bytes += "\u{10FF80}\u{10FFFF}".utf8
            default: bytes += Array("é🫖".utf8).dropLast(random.number(0...3))
            }
        }
        return bytes.filter { $0 != 0 }
    }

    @Test(arguments: Seeds.some(20)) func bytesGoThroughTextUnchanged(_ seed: UInt64) {
        var random = Seeded(seed)
        for _ in 0..<300 {
            let bytes = Self.name(&random)
            let text = CarriedText.decode(bytes)
            #expect(CarriedText.encode(text) == bytes, "\(bytes)")
            #expect(CarriedText.isPlain(text) == (String(validating: bytes, as: UTF8.self) == text))
            // Texts that differ stand for bytes that differ.
            var other = bytes
            if !other.isEmpty {
                other[random.number(0...other.count - 1)] ^= UInt8(random.number(1...127))
                #expect(!CarriedText.decode(other).unicodeScalars.elementsEqual(text.unicodeScalars))
            }
        }
    }

    /// What a terminal sees obeys nothing and turns nothing.
    @Test(arguments: Seeds.some(20)) func whatIsShownIsHarmless(_ seed: UInt64) {
        var random = Seeded(seed)
        for _ in 0..<300 {
            let shown = LocalPath(bytes: Self.name(&random)).shown
            for scalar in shown.unicodeScalars {
                #expect(scalar.properties.generalCategory != .control, "\(shown.debugDescription)")
                #expect(!(0x202A...0x202E).contains(scalar.value) && !(0x2066...0x2069).contains(scalar.value))
            }
        }
    }

    /// A path is its folder and its name, and what was added can be taken away.
    @Test(arguments: Seeds.some()) func pathsAreTakenApartAndPutTogether(_ seed: UInt64) {
        var random = Seeded(seed)
        for _ in 0..<200 {
            let name = Self.name(&random).filter { $0 != UInt8(ascii: "/") }
            guard !name.isEmpty, name != Array(".".utf8), name != Array("..".utf8) else { continue }
            let folder = LocalPath("/home").appending(LocalPath(bytes: name))
            let path = folder.appending(LocalPath(bytes: name))
            #expect(path.folder == folder && path.name.bytes == name && path.isAbsolute)
            #expect(path.adding(".json").dropping(".json") == path)
        }
    }

    /// What is written is what is read, under any name, whole or not at all.
    @Test(arguments: Seeds.some(6)) func filesComeBack(_ seed: UInt64) throws {
        var random = Seeded(seed)
        let folder = LocalPath(NSTemporaryDirectory()).appending("names \(UUID().uuidString)")
        try LocalFolder.make(folder)
        defer { try? FileManager.default.removeItem(atPath: folder.text) }
        var written: [[UInt8]: [UInt8]] = [:]
        for _ in 0..<40 {
            let name = Array(Self.name(&random).filter { $0 != UInt8(ascii: "/") }.prefix(200))
            guard !name.isEmpty, name != Array(".".utf8), name != Array("..".utf8) else { continue }
            let path = folder.appending(LocalPath(bytes: name))
            let content = random.bytes(0...5000)
            let output = try LocalOutput(path)
            let cut = random.number(0...content.count)
            try output.add(Array(content[..<cut]))
            #expect(FileStatus(path) == nil || written[name] != nil, "nothing is to be seen before the end")
            try output.add(Array(content[cut...]))
            if random.once(in: 4) {
                output.discard()
            } else {
                try output.finish()
                written[name] = content
            }
        }
        #expect(Set(try LocalFolder.names(in: folder).map(\.bytes)) == Set(written.keys))
        for (name, content) in written {
            #expect(try LocalInput.contents(of: folder.appending(LocalPath(bytes: name)), limit: 5000) == content)
        }
    }
}
