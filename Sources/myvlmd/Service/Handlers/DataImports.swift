import RPC
import Registry
import Runtime
import Synchronization

/// Imports files of users' data: one at a time per user, parsed and hashed on a thread of their own, stored in short
/// transactions. No more of a file is in memory than one concept's description and a few artifacts. Safe from any
/// thread.
final class DataImports: Sendable {
    /// Bytes and number of artifacts that are stored together.
    private static let batchBytes = 4 << 20
    private static let batchCount = 64

    private let registry: RegistryStore
    private let work = ComputeQueue(label: "myvlm.imports")
    private let turns = OneAtATime("an import")

    init(registry: RegistryStore) { self.registry = registry }

    /// Imports a file, concept by concept. Ends with its caller: a concept that is not complete by then is removed.
    func take(_ chunks: RequestStream<DataChunk>, by caller: Principal) async throws -> ImportDataReply {
        try await turns.run(caller.userID) { try await run(chunks, by: caller) }
    }

    private func run(_ chunks: RequestStream<DataChunk>, by caller: Principal) async throws -> ImportDataReply {
        let room = try await registry.beginImport(by: caller)
        let run = Run(registry, work, room, caller)
        let registry = registry
        do {
            try await Uncancelled.undoing {
                try await run.take(chunks)
                try await registry.endImport(of: caller)
            } undo: { _ in
                // If that fails, the next import or start cleans up.
                _ = try? await registry.endImport(of: caller)
            }
        } catch {
            throw run.told(error)
        }
        return try run.finished()
    }

    /// Runs other work that takes long on the same thread, so that it does not hold up other calls.
    func offPool<R: Sendable>(_ body: @escaping @Sendable () throws -> R) async throws -> R {
        try await work.run(.answers, body)
    }

    /// One import. Only its call uses it; heavy work runs on the queue, under the lock.
    private final class Run: Sendable {
        private struct Progress {
            var concepts: [UserExport.Concept] = []
            var staged = 0
            var batch: [ImportedArtifact] = []
            var present: UserExport.Concept?
            var place = 0
            var ended = false
            var reply = ImportDataReply()
        }

        private let registry: RegistryStore
        private let work: ComputeQueue
        private let caller: Principal
        private let intake: Mutex<ImportIntake>
        private let progress = Mutex(Progress())

        init(_ registry: RegistryStore, _ work: ComputeQueue, _ room: ImportRoom, _ caller: Principal) {
            self.registry = registry
            self.work = work
            self.caller = caller
            intake = Mutex(
                ImportIntake(room: room, quotas: registry.configuration.quotas) {
                    try registry.examined($0, digest: $1, isPhoto: $2)
                })
        }

        func take(_ chunks: RequestStream<DataChunk>) async throws {
            while let chunk = try await chunks.next() {
                intake.withLock { $0.append(chunk.data) }
                // Each step has its own turn, so that imports of several users run side by side, and checks first
                // whether anybody still waits for it.
                while let step = try await work.run(.answers, { try self.intake.withLock { try $0.next() } }) {
                    try await take(step)
                }
            }
            try await flush()
            guard progress.withLock({ $0.ended && $0.present == nil }) else {
                throw RPCError(code: .invalidArgument, message: "the export ends too early")
            }
        }

        private func take(_ step: ImportIntake.Step) async throws {
            switch step {
            case .concept(let concept):
                let count = progress.withLock {
                    $0.concepts.append(concept)
                    return $0.concepts.count
                }
                if count >= 8 { try await stage() }
            case .described:
                try await stage()
                try await turn(to: 0)
                try await makeWhatIsReady()
            case .artifact(let artifact):
                let isFull = progress.withLock {
                    $0.batch.append(artifact)
                    return $0.batch.count >= DataImports.batchCount
                        || $0.batch.reduce(0) { $0 + $1.sizeBytes } >= DataImports.batchBytes
                }
                if isFull { try await flush() }
                try await makeWhatIsReady()
            case .unusable: try await makeWhatIsReady()
            case .end: progress.withLock { $0.ended = true }
            }
        }

        private func stage() async throws {
            let (concepts, first) = progress.withLock { progress in
                defer {
                    progress.staged += progress.concepts.count
                    progress.concepts = []
                }
                return (progress.concepts, progress.staged)
            }
            guard !concepts.isEmpty else { return }
            try await registry.stageImport(concepts, first: first, by: caller)
        }

        private func flush() async throws {
            let batch = progress.withLock { progress in
                defer { progress.batch = [] }
                return progress.batch
            }
            guard !batch.isEmpty else { return }
            try await registry.stageImport(batch, by: caller)
        }

        private func turn(to place: Int) async throws {
            let concept = try await registry.stagedImport(at: place, by: caller)
            progress.withLock {
                $0.place = place
                $0.present = concept
            }
            if let concept { intake.withLock { $0.turn(to: concept) } }
        }

        /// Creates each concept as soon as its artifacts are there.
        private func makeWhatIsReady() async throws {
            while let (concept, place) = progress.withLock({ progress in progress.present.map { ($0, progress.place) } }
            ),
                intake.withLock({ $0.isReady })
            {
                try Task.checkCancellation()
                try await flush()
                let (without, reason) = intake.withLock { ($0.unusableVersions(of: concept), $0.unusableReason) }
                if without.contains(concept.current) {
                    leaveOut(concept, [0], reason)
                } else {
                    try await registry.commitImport(concept, leavingOut: without, by: caller)
                    leaveOut(concept, without.sorted(), reason)
                    progress.withLock {
                        $0.reply.concepts.append(concept.name)
                        $0.reply.versions += UInt32(concept.versions.count - without.count)
                    }
                }
                try await turn(to: place + 1)
            }
        }

        private func leaveOut(_ concept: UserExport.Concept, _ versions: [Int], _ reason: String) {
            progress.withLock { progress in
                for version in versions.prefix(100 - min(100, progress.reply.skipped.count)) {
                    progress.reply.skipped.append(
                        RPCMessages.SkippedConcept(
                            concept: concept.name, reason: reason, version: UInt32(version)))
                }
            }
        }

        /// The reply. Throws when everything in the file was left out.
        func finished() throws -> ImportDataReply {
            let reply = progress.withLock { $0.reply }
            guard !reply.concepts.isEmpty || reply.skipped.isEmpty else {
                throw RPCError(
                    code: .failedPrecondition, message: "nothing was imported: \(reply.skipped[0].reason)")
            }
            return reply
        }

        /// The error, with what was imported before it.
        func told(_ error: any Error) -> any Error {
            let status = StatusMapping.status(of: error)
            let names = progress.withLock { $0.reply.concepts }
            let done = names.isEmpty ? "nothing was imported" : "imported: \(names.joined(separator: ", "))"
            return RPCError(
                code: status.code, message: "\(status.message); \(done)", cause: error, trailers: status.trailers)
        }
    }
}
