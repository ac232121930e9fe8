import Foundation
import Hub
import LocalFiles
import Logging
import Service

/// The hub and its cache as this process's variables name them.
enum HubAccess {
    static func settings() throws(HubError) -> HubSettings {
        try HubSettings(environment: ProcessInfo.processInfo.environment, home: UserEnvironment.home)
    }

    /// A client that lets time pass between tries.
    /// - Parameter isCancelled: asked while it works and while it waits; true ends it.
    static func client(
        isCancelled: @escaping @Sendable () -> Bool = { false }, tell: @escaping (PullEvent) -> Void
    ) throws(HubError) -> HubClient {
        var settings = try settings()
        settings.transport.isCancelled = isCancelled
        let transport = try CurlTransport(settings.transport)
        return HubClient(
            settings, transport: transport,
            wait: { (seconds) throws(HubError) in
                let end = ContinuousClock.now + .seconds(seconds)
                while ContinuousClock.now < end {
                    guard !isCancelled() else { throw HubError(.cancelled, "stopped while it waited for the hub") }
                    usleep(50_000)
                }
            }, tell: tell)
    }

    /// The folder that `--model` means where only one can be; a hub's model must be in the cache.
    static func folder(_ model: String) throws -> String {
        let reference = try reference(model)
        guard reference.name == nil else {
            throw ServiceError(
                .usage, "one model is meant here, under the name its files give it: leave the name in \(model) away")
        }
        return try folder(of: reference.place, offline: true) { try client { _ in } }
    }

    /// The folder of a place; a hub's model is fetched where it is not in the cache, unless `offline`.
    static func folder(
        of place: ModelReference.Place, offline: Bool, logger: Logger, isCancelled: @escaping @Sendable () -> Bool
    ) throws -> String {
        var meter = PullMeter(total: 0, isTerminal: false)
        let start = ContinuousClock.now
        return try folder(of: place, offline: offline) {
            try client(isCancelled: isCancelled) { event in
                if case .line(let text) = meter.take(event, at: ContinuousClock.now - start) { logger.info("\(text)") }
            }
        } planned: { (plan) throws(HubError) in
            meter = PullMeter(total: plan.missingBytes, isTerminal: false)
            for line in plan.lines { logger.info("\(line)") }
            try requireServed(plan)
        }
    }

    /// What a user means by a model.
    static func reference(_ model: String) throws(HubError) -> ModelReference {
        try ModelReference(model) { FileManager.default.fileExists(atPath: $0) }
    }

    private static func folder(
        of place: ModelReference.Place, offline: Bool, client: () throws -> HubClient,
        planned: (PullPlan) throws(HubError) -> Void = { _ in }
    ) throws -> String {
        switch place {
        case .local(let path): return path
        case .hub(let id): return try client().folder(of: id, offline: offline, planned: planned).text
        }
    }

    /// Before gigabytes come that nothing can be made of.
    private static func requireServed(_ plan: PullPlan) throws(HubError) {
        guard let type = plan.modelType, !LoadedModel.supportedTypes.contains(type) else { return }
        throw HubError(
            .badData,
            "\(plan.id) is a model of the type \(type.shownShort), which is not served; supported: "
                + LoadedModel.supportedTypes.joined(separator: ", ") + "; nothing was fetched")
    }
}
