import RPC
public import RPCMessages

/// What was imported.
public typealias ImportedData = ImportDataReply

extension MyVLMClient {
    /// All of the caller's concepts with every version, as the pieces of one file.
    public func exportData() -> AsyncThrowingStream<[UInt8], any Error> {
        sequence { [self] continuation in
            for try await chunk in try await channel.call(
                ConceptsMethods.exportData, ExportDataRequest(), options: options(ConceptsMethods.exportData.rules))
            { continuation.yield(chunk.data) }
        }
    }

    /// Imports a file that `exportData` made, here or on another server. `next` gives its pieces, at most 512 KiB each,
    /// and nil at its end. Throws `alreadyExists` when a concept of that name is there.
    public func importData(_ next: () async throws -> [UInt8]?) async throws -> ImportedData {
        do {
            return try await channel.call(
                ConceptsMethods.importData, options: options(ConceptsMethods.importData.rules)
            ) { writer in
                while let data = try await next() { try await writer.write(DataChunk(data: data)) }
            }
        } catch {
            throw MyVLMError.of(error)
        }
    }
}
