import RPC
import Registry

extension ConceptsService {
    func eraseConcept(_ request: EraseConceptRequest, _ context: CallContext) async throws -> EraseConceptReply {
        try request.check()
        let erasures = try await registry.eraseConcept(request.name, by: context.caller)
        for erasure in erasures { await forget(erasure) }
        return EraseConceptReply(
            receipts: try await RPCMessages.ErasureReceipt.messages(
                erasures.map(\.receipt), registry, backups: backups),
            revision: erasures.last?.revision ?? 0)
    }

    func listErasures(_ request: ListErasuresRequest, _ context: CallContext) async throws -> ListErasuresReply {
        let receipts = try await registry.erasures(
            limit: Int(request.limit), by: .principal(context.caller))
        return ListErasuresReply(
            receipts: try await RPCMessages.ErasureReceipt.messages(receipts, registry, backups: backups))
    }
}

extension RPCMessages.ErasureReceipt {
    /// The messages of registry records, with the backups that still contain what was erased.
    static func messages(
        _ records: [Registry.ErasureReceipt], _ registry: RegistryStore, backups folder: String
    ) async throws -> [Self] {
        let holding = try await registry.backups(in: folder, holding: records)
        return records.map { record in
            Self(
                receipt: record.receipt, kind: record.kind.rawValue, requestedAtMs: record.requestedAtMs,
                erasedAtMs: record.erasedAtMs ?? 0, versions: UInt32(record.versions), bytes: UInt64(record.bytes),
                backups: (holding[record.receipt] ?? []).map {
                    RPCMessages.HoldingBackup(name: $0.name, createdAtMs: $0.createdAtMs)
                })
        }
    }
}
