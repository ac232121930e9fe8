import Logging
import RPC

/// Writes events of the call layer to the log. They contain addresses and reasons, never contents.
enum EventLog {
    static func write(_ event: ServerEvent, to logger: Logger) {
        var metadata: Logger.Metadata = ["event": "\(event.kind)"]
        if let requestID = event.requestID { metadata["request_id"] = "\(requestID)" }
        if let method = event.method { metadata["method"] = "\(method.path)" }
        logger.debug("\(event.message)", metadata: metadata)
    }
}
