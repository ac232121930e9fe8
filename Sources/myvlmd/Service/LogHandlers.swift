import Foundation
public import Logging

/// Log lines on standard error: `time level message key=value …`, or one JSON object a line.
public struct StandardErrorLog: LogHandler {
    /// Lines below this level are not written.
    public var logLevel: Logger.Level
    /// Added to every line.
    public var metadata: Logger.Metadata = [:]
    private let json: Bool
    private let sink: LineSink

    /// A handler; `json` chooses the form. It never waits for whoever reads the log; see `LineSink`.
    public init(json: Bool, level: Logger.Level = .info, sink: LineSink = .standardError) {
        self.json = json
        self.sink = sink
        logLevel = level
        let form = Form(json: json)
        sink.tellsDropped { count in
            form.line(level: "warning", message: "log lines were dropped: nobody read them", ["lines": "\(count)"])
        }
    }

    /// One value of `metadata`.
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Queues one line as a whole, so that lines of different threads do not interleave.
    public func log(event: LogEvent) {
        var all = metadata
        if let more = event.metadata { all.merge(more) { $1 } }
        sink.write(
            Form(json: json).line(
                level: "\(event.level)", message: "\(event.message)", all.mapValues { "\($0)" }))
    }

    /// How a line is written.
    private struct Form: Sendable {
        let json: Bool

        func line(level: String, message: String, _ metadata: [String: String]) -> String {
            let time = Date().formatted(.iso8601.year().month().day().time(includingFractionalSeconds: true)) + "Z"
            return json ? jsonLine(time, level, message, metadata) : textLine(time, level, message, metadata)
        }

        private func textLine(
            _ time: String, _ level: String, _ message: String, _ metadata: [String: String]
        ) -> String {
            let pairs = metadata.sorted { $0.key < $1.key }.map { " \($0.key)=\(quoted($0.value))" }.joined()
            return "\(time) \(level) \(oneLine(message))\(pairs)"
        }

        private func jsonLine(
            _ time: String, _ level: String, _ message: String, _ metadata: [String: String]
        ) -> String {
            let object = metadata.merging(["time": time, "level": level, "message": message]) { first, _ in first }
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            // Strings can always be encoded; should that ever change, the text form still says what happened.
            guard let data = try? encoder.encode(object) else { return textLine(time, level, message, metadata) }
            return String(decoding: data, as: UTF8.self)
        }

        private func quoted(_ text: String) -> String {
            text.contains(where: { $0 == " " || $0 == "\"" || $0.isNewline }) ? "\"\(oneLine(text))\"" : text
        }

        /// A metadata value must not begin a second log line.
        private func oneLine(_ text: String) -> String {
            String(
                String.UnicodeScalarView(
                    text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
        }
    }
}
