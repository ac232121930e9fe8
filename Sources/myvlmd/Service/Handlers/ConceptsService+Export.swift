import RPC
import Registry

extension ConceptsService {
    func registerExport(in services: inout Services, options: MethodOptions) {
        let (registry, runner) = (registry, runner)
        services.register(ConceptsMethods.exportData, options: options) { _, writer, context in
            try await runner.run(context) {
                let caller = try context.caller
                let export = try await registry.export(of: caller)
                try await Self.write(ExportFile.head(export), to: writer)
                for digest in export.digests {
                    let bytes = try await registry.artifact(digest, of: caller.userID)
                    try await Self.write(Array("\(digest) \(bytes.count)\n".utf8) + bytes, to: writer)
                }
                try await Self.write(Array("end\n".utf8), to: writer)
            }
        }
        services.register(
            ConceptsMethods.importData, options: .init(maximumRequestBytes: 1 << 20, unpackedBytes: 4 << 20)
        ) { chunks, context in
            try await runner.run(context) { try await Self.take(chunks, registry, context.caller) }
        }
    }

    private static func write(_ bytes: [UInt8], to writer: ResponseWriter<DataChunk>) async throws {
        for start in stride(from: 0, to: bytes.count, by: 256 << 10) {
            try await writer.write(DataChunk(data: Array(bytes[start..<min(start + (256 << 10), bytes.count)])))
        }
    }

    /// Takes each concept in as soon as its artifacts are there; an artifact is kept until its last concept has it.
    private static func take(
        _ chunks: RequestStream<DataChunk>, _ registry: RegistryStore, _ caller: Principal
    ) async throws -> ImportDataReply {
        let limit = try await registry.usage(of: caller).first { $0.name == .bytes }?.limit ?? 0
        let quotas = registry.configuration.quotas
        let longest = max(quotas.bytesPerArtifact, quotas.bytesPerPhoto)
        var reader = ExportReader(longestArtifact: longest)
        var waiting: [UserExport.Concept] = []
        var artifacts: [String: [UInt8]] = [:]
        var reply = ImportDataReply()
        var ended = false
        var missing: Set<String> = []
        var held = 0
        while let chunk = try await chunks.next() {
            reader.append(chunk.data)
            while let part = try reader.next() {
                switch part {
                case .export(let export):
                    // All names and limits are looked at before anything is taken in.
                    try await registry.checkRoomForImport(export, by: caller)
                    waiting = export.concepts.reversed()
                    missing = Set(export.digests)
                case .artifact(let digest, let bytes):
                    // Nothing is held that no concept asks for, and not more than the user may have.
                    held += bytes.count
                    guard missing.remove(digest) != nil, held <= limit else {
                        throw RPCError(
                            code: held > limit ? .resourceExhausted : .invalidArgument,
                            message: held > limit
                                ? "the export holds more than the \(limit) bytes you may have"
                                : "the export holds an artifact twice, or one that no version has")
                    }
                    artifacts[digest] = bytes
                case .end: ended = true
                }
                while let concept = waiting.last,
                    concept.digests.allSatisfy({ artifacts[$0] != nil })
                {
                    try await registry.importConcept(concept, artifacts: artifacts, by: caller)
                    waiting.removeLast()
                    reply.concepts.append(concept.name)
                    reply.versions += UInt32(concept.versions.count)
                    let needed = Set(waiting.flatMap(\.digests))
                    artifacts = artifacts.filter { needed.contains($0.key) }
                }
            }
        }
        guard ended, waiting.isEmpty else {
            let done =
                reply.concepts.isEmpty ? "nothing was taken in" : "taken in: \(reply.concepts.joined(separator: ", "))"
            throw RPCError(code: .invalidArgument, message: "the export ends too early; \(done)")
        }
        return reply
    }
}
