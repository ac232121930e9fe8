import RPC

/// What an import took in.
public struct ImportedData: Sendable, Equatable, Codable {
    /// Names of the concepts.
    public let concepts: [String]
    /// Their versions together.
    public let versions: Int
    /// What was left out, and why; at most a hundred are told.
    public let skipped: [SkippedConcept]
}

extension MyVLMClient {
    /// All of the caller's concepts with every version, as the pieces of one file.
    public func exportData() -> AsyncThrowingStream<[UInt8], any Error> {
        sequence { [self] continuation in
            for try await chunk in try await channel.call(
                ConceptsMethods.exportData, ExportDataRequest(), options: options(ConceptsMethods.exportData.rules))
            { continuation.yield(chunk.data) }
        }
    }

    /// Takes in a file that `exportData` made, here or on another server. `next` gives its pieces, at most 512 KiB
    /// each, and nil at its end. Throws `alreadyExists` when a concept of that name is there.
    public func importData(_ next: () async throws -> [UInt8]?) async throws -> ImportedData {
        do {
            let reply = try await channel.call(
                ConceptsMethods.importData, options: options(ConceptsMethods.importData.rules)
            ) { writer in
                while let data = try await next() { try await writer.write(DataChunk(data: data)) }
            }
            return ImportedData(
                concepts: reply.concepts, versions: Int(reply.versions),
                skipped: reply.skipped.map { SkippedConcept($0) })
        } catch {
            throw MyVLMError.of(error)
        }
    }
}
