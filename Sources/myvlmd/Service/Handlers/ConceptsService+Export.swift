import RPC
import Registry
import Runtime

extension ConceptsService {
    func exportData(_: ExportDataRequest, _ writer: ResponseWriter<DataChunk>, _ context: CallContext) async throws {
        let caller = try context.caller
        let export = try await snapshots.run(for: "\(caller.userID)") { try await registry.export(of: caller) }
        try await Self.write(ExportFile.beginning, to: writer)
        for (place, concept) in export.concepts.enumerated() {
            let json = try await imports.offPool { try ExportFile.encoded(concept) }
            try await Self.write(place == 0 ? json : ExportFile.comma + json, to: writer)
        }
        try await Self.write(try ExportFile.ending(export), to: writer)
        for digest in export.digests {
            let bytes = try await registry.artifact(digest, of: caller.userID)
            try await Self.write(Array("\(digest) \(bytes.count)\n".utf8) + bytes, to: writer)
        }
        try await Self.write(Array("end\n".utf8), to: writer)
    }

    func importData(_ chunks: RequestStream<DataChunk>, _ context: CallContext) async throws -> ImportDataReply {
        try await imports.take(chunks, by: context.caller)
    }

    private static func write(_ bytes: [UInt8], to writer: ResponseWriter<DataChunk>) async throws {
        for start in stride(from: 0, to: bytes.count, by: 256 << 10) {
            try await writer.write(DataChunk(data: Array(bytes[start..<min(start + (256 << 10), bytes.count)])))
        }
    }
}
