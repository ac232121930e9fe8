import RPC
import Registry

extension ConceptsService {
    func registerErasures(in services: inout Services, options: MethodOptions) {
        let (registry, runner, forget) = (registry, runner, forget)
        services.register(ConceptsMethods.eraseConcept, options: options) { request, context in
            try await runner.run(context) {
                try Names.check(request.name, what: "the concept's name")
                let erasures = try await registry.eraseConcept(request.name, by: context.caller)
                for erasure in erasures { await forget(erasure) }
                return EraseConceptReply(
                    receipts: erasures.map { RPCMessages.ErasureReceipt(record: $0.receipt) },
                    revision: erasures.last?.revision ?? 0)
            }
        }
        services.register(ConceptsMethods.listErasures, options: options) { request, context in
            try await runner.run(context) {
                let receipts = try await registry.erasures(
                    limit: Int(request.limit), by: .principal(context.caller))
                return ListErasuresReply(receipts: receipts.map { RPCMessages.ErasureReceipt(record: $0) })
            }
        }
    }
}

extension RPCMessages.ErasureReceipt {
    /// The message of a registry record.
    init(record: Registry.ErasureReceipt) {
        self.init(
            receipt: record.receipt, kind: record.kind.rawValue, requestedAtMs: record.requestedAtMs,
            erasedAtMs: record.erasedAtMs ?? 0, versions: UInt32(record.versions), bytes: UInt64(record.bytes))
    }
}
