import Foundation
public import Logging

/// Log lines on standard error: `time level message key=value …`, or one JSON object a line.
public struct StandardErrorLog: LogHandler {
    /// Lines below this level are not written.
    public var logLevel: Logger.Level
    /// Added to every line.
    public var metadata: Logger.Metadata = [:]
    private let json: Bool

    /// A handler; `json` chooses the form.
    public init(json: Bool, level: Logger.Level = .info) {
        self.json = json
        logLevel = level
    }

    /// One value of `metadata`.
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes one line in one `write`, so that lines of different threads do not mix.
    public func log(event: LogEvent) {
        var all = metadata
        if let more = event.metadata { all.merge(more) { $1 } }
        let time = Date().formatted(.iso8601.year().month().day().time(includingFractionalSeconds: true))
        let line = json ? jsonLine(time, event, all) : textLine(time, event, all)
        FileHandle.standardError.write(Data((line + "\n").utf8))
    }

    private func textLine(_ time: String, _ event: LogEvent, _ metadata: Logger.Metadata) -> String {
        let pairs = metadata.sorted { $0.key < $1.key }.map { " \($0.key)=\(quoted("\($0.value)"))" }.joined()
        return "\(time)Z \(event.level) \(oneLine("\(event.message)"))\(pairs)"
    }

    private func jsonLine(_ time: String, _ event: LogEvent, _ metadata: Logger.Metadata) -> String {
        var object = ["time": time + "Z", "level": "\(event.level)", "message": "\(event.message)"]
        for (key, value) in metadata { object[key] = "\(value)" }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Strings always encode; were that ever to change, the text form still tells what happened.
        guard let data = try? encoder.encode(object) else { return textLine(time, event, metadata) }
        return String(decoding: data, as: UTF8.self)
    }

    private func quoted(_ text: String) -> String {
        text.contains(where: { $0 == " " || $0 == "\"" || $0.isNewline }) ? "\"\(oneLine(text))\"" : text
    }

    /// Nobody writes a second log line through a value.
    private func oneLine(_ text: String) -> String {
        String(
            String.UnicodeScalarView(text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
    }
}
