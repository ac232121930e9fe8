import Foundation
import RPC
package import Registry

/// What an import has received and what is still missing: a state machine that is fed the file's pieces. Limits are
/// checked before what they limit is parsed or kept, and the time of a step depends on its input, not on what came
/// before.
package struct ImportIntake {
    package enum Step {
        /// A concept was described.
        case concept(UserExport.Concept)
        /// All concepts are described: their artifacts follow.
        case described
        /// An artifact or photo arrived and was checked.
        case artifact(ImportedArtifact)
        /// An artifact arrived that this server's model cannot use.
        case unusable
        case end
    }
    package typealias Examine =
        @Sendable (_ bytes: [UInt8], _ digest: String, _ isPhoto: Bool) throws -> ImportedArtifact

    private var reader: ExportReader
    private let room: ImportRoom
    private let quotas: Quotas
    private let examine: Examine
    private var concepts = 0
    private var owedVersions: Set<DigestKey> = []
    private var owedPhotos: Set<DigestKey> = []
    private var bytes = 0
    private var unusable: Set<DigestKey> = []
    /// Why the first one could not be used.
    package private(set) var unusableReason = ""
    /// What the concept to be created next still waits for.
    private var outstanding: Set<DigestKey> = []

    package init(room: ImportRoom, quotas: Quotas, examine: @escaping Examine) {
        self.room = room
        self.quotas = quotas
        self.examine = examine
        reader = ExportReader(longestArtifact: room.longestArtifact)
    }

    /// How many digests one file may name: each version or photo takes some KiB of the bytes that a user may have.
    private var mostDigests: Int { min(max(room.bytes / (4 << 10), 1 << 16), 1 << 18) }

    package mutating func append(_ piece: [UInt8]) { reader.append(piece) }

    /// The next step; nil when another piece is needed.
    package mutating func next() throws -> Step? {
        while let part = try reader.next() {
            switch part {
            case .concept(let json): return .concept(try described(json))
            case .described: return .described
            case .announced(let digest, let size): try announced(digest, size)
            case .artifact(let digest, let bytes): return try arrived(digest, bytes)
            case .end: return .end
            }
        }
        return nil
    }

    /// Moves on to the concept to be created next.
    package mutating func turn(to concept: UserExport.Concept) {
        outstanding = Set(concept.digests.compactMap(DigestKey.init).filter(owes))
    }

    /// Whether everything that the current concept needs has arrived.
    package var isReady: Bool { outstanding.isEmpty }

    /// Versions of a concept that cannot be used here.
    package func unusableVersions(of concept: UserExport.Concept) -> Set<Int> {
        guard !unusable.isEmpty else { return [] }
        return Set(
            concept.versions.filter { DigestKey($0.digest).map(unusable.contains) ?? false }.map(\.number))
    }

    private func owes(_ key: DigestKey) -> Bool { owedVersions.contains(key) || owedPhotos.contains(key) }

    private mutating func described(_ json: [UInt8]) throws -> UserExport.Concept {
        concepts += 1
        guard concepts <= room.concepts else {
            throw RPCError(
                code: .resourceExhausted,
                message: "the export holds more than the \(room.concepts) concepts you have room for")
        }
        guard let concept = try? JSONDecoder().decode(UserExport.Concept.self, from: Data(json)) else {
            throw ExportFile.refuse("its second line does not parse")
        }
        _ = try CheckedImport(concept, quotas: quotas)
        for version in concept.versions {
            if let key = DigestKey(version.digest) { owedVersions.insert(key) }
            for photo in version.kept {
                if let key = DigestKey(photo.digest) { owedPhotos.insert(key) }
            }
        }
        guard owedVersions.count + owedPhotos.count <= mostDigests else {
            throw RPCError(
                code: .resourceExhausted, message: "the export names more than \(mostDigests) artifacts and photos")
        }
        return concept
    }

    private mutating func announced(_ digest: String, _ size: Int) throws {
        guard let key = DigestKey(digest), owes(key) else {
            throw RPCError(
                code: .invalidArgument, message: "the export holds an artifact twice, or one that no version has")
        }
        bytes += size
        guard bytes <= room.bytes else {
            throw RPCError(
                code: .resourceExhausted, message: "the export holds more than the \(room.bytes) bytes you may have")
        }
    }

    private mutating func arrived(_ digest: String, _ bytes: [UInt8]) throws -> Step {
        guard let key = DigestKey(digest) else { throw ExportFile.refuse("an artifact's line does not parse") }
        let isPhoto = !owedVersions.contains(key)
        owedVersions.remove(key)
        owedPhotos.remove(key)
        outstanding.remove(key)
        do {
            return .artifact(try examine(bytes, digest, isPhoto))
        } catch let error as RegistryError where error.code == .failedPrecondition {
            // An old account may hold versions of a former model: they are left out, the others are imported.
            unusable.insert(key)
            if unusableReason.isEmpty { unusableReason = error.message }
            return .unusable
        }
    }
}

/// A SHA-256 as four integers: in a set it takes a tenth of the memory of its text.
struct DigestKey: Hashable {
    private let words: (UInt64, UInt64, UInt64, UInt64)

    /// Nil for anything but 64 lower-case hex digits.
    init?(_ text: String) {
        var words: [UInt64] = [0, 0, 0, 0]
        var count = 0
        for byte in text.utf8 {
            let digit: UInt8
            switch byte {
            case 48...57: digit = byte - 48
            case 97...102: digit = byte - 87
            default: return nil
            }
            guard count < 64 else { return nil }
            words[count / 16] = words[count / 16] << 4 | UInt64(digit)
            count += 1
        }
        guard count == 64 else { return nil }
        self.words = (words[0], words[1], words[2], words[3])
    }

    static func == (one: Self, other: Self) -> Bool { one.words == other.words }

    func hash(into hasher: inout Hasher) {
        // The words are practically random, but whoever makes the file chooses them.
        hasher.combine(words.0)
        hasher.combine(words.1)
    }
}
