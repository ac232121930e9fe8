import Foundations

/// A concept of an export with every field checked and no contradictions. Checking takes time linear in its size.
public struct CheckedImport: Sendable {
    /// In NFC.
    public let name: String
    let current: Int
    let keepLast: Int?
    /// Ascending; without those that are left out.
    let versions: [UserExport.Version]
    let numbers: Set<Int>
    let aliases: [UserExport.Alias]

    /// Photos that one version may keep.
    public static let photosPerVersion = 20

    /// `resourceExhausted` names the limit of versions, `invalidArgument` says what contradicts itself.
    public init(_ concept: UserExport.Concept, leavingOut: Set<Int> = [], quotas: Quotas) throws {
        let name = try CheckedText.conceptName(concept.name, what: "a concept's name in the export")
        guard concept.versions.count <= quotas.versionsPerConcept else {
            throw RegistryError(
                .resourceExhausted,
                "\(name) has \(concept.versions.count) of \(quotas.versionsPerConcept) versions a concept may have")
        }
        guard concept.aliases.count <= RegistryStore.aliasesPerConcept else {
            throw RegistryError(.resourceExhausted, "\(name) has more aliases than a concept may have")
        }
        for version in concept.versions { try Self.check(version, of: name) }
        let all = Set(concept.versions.map(\.number))
        guard !all.isEmpty, all.count == concept.versions.count,
            Set(concept.versions.map(\.digest)).count == all.count, all.allSatisfy({ (1...1_000_000).contains($0) }),
            all.contains(concept.current), concept.aliases.allSatisfy({ all.contains($0.version) }),
            Set(concept.aliases.map(\.name)).count == concept.aliases.count,
            concept.keepLast.map({ (1...100_000).contains($0) }) ?? true
        else { throw RegistryError(.invalidArgument, "the export of \(name) names versions it does not have") }
        let numbers = all.subtracting(leavingOut)
        guard numbers.contains(concept.current) else {
            throw RegistryError(.invalidArgument, "the version of \(name) in use cannot be imported")
        }
        self.name = name
        self.numbers = numbers
        current = concept.current
        keepLast = concept.keepLast
        versions = concept.versions.filter { numbers.contains($0.number) }.sorted { $0.number < $1.number }
        aliases = concept.aliases.filter { numbers.contains($0.version) }
        for alias in aliases { _ = try CheckedText.alias(alias.name) }
    }

    private static func check(_ version: UserExport.Version, of name: String) throws {
        guard Hex.isDigest(version.digest), version.kept.allSatisfy({ Hex.isDigest($0.digest) }) else {
            throw RegistryError(.invalidArgument, "version \(version.number) of \(name) has an invalid digest")
        }
        guard version.kept.count <= photosPerVersion else {
            throw RegistryError(
                .resourceExhausted,
                "version \(version.number) of \(name) keeps \(version.kept.count) photos, \(photosPerVersion) are allowed"
            )
        }
        guard version.training.utf8.count <= 64 << 10, (0...Int64.max / 2).contains(version.createdAtMs) else {
            throw RegistryError(.invalidArgument, "version \(version.number) of \(name) holds values out of range")
        }
        for photo in version.kept { _ = try CheckedText.note(photo.name, what: "a photo's name") }
    }
}
