import Foundation

/// Another engine in a process of its own (Tools/bench_peers.py), asked line by line so that measurements interleave.
final class EnginePeer {
    private let process = Process()
    private let questions = Pipe()
    private let answers = Pipe()
    private var unread = Data()

    /// Starts the peer and waits until it has loaded its model; throws what it says when it cannot.
    init(python: String, script: String, arguments: [String]) throws {
        process.executableURL = URL(filePath: python)
        process.arguments = [script] + arguments
        process.standardInput = questions
        process.standardOutput = answers
        try process.run()
        _ = try reply()
    }

    /// The peer, or why there is none.
    static func started(
        _ name: String, python: String?, script: String, arguments: [String]
    ) -> (EnginePeer?, String?) {
        guard let python else { return (nil, "no peers installed: Scripts/bench engine installs them") }
        do {
            return (try EnginePeer(python: python, script: script, arguments: arguments), nil)
        } catch {
            return (nil, "\(name) did not start: \(error)")
        }
    }

    /// Seconds the peer takes for an operation.
    func seconds(_ operation: String, _ count: Int) throws -> Double {
        try questions.fileHandleForWriting.write(contentsOf: Data("\(operation) \(count)\n".utf8))
        let line = try reply()
        guard let seconds = Double(line) else { throw BenchError("the peer answered \(line) to \(operation)") }
        return seconds
    }

    private func reply() throws -> String {
        while true {
            if let end = unread.firstIndex(of: 10) {
                let line = String(decoding: unread[unread.startIndex..<end], as: UTF8.self)
                unread = Data(unread[unread.index(after: end)...])
                if line.hasPrefix("error ") { throw BenchError(String(line.dropFirst(6))) }
                if line.hasPrefix("ok ") { return String(line.dropFirst(3)) }
                continue
            }
            let more = answers.fileHandleForReading.availableData
            guard !more.isEmpty else { throw BenchError("the peer ended; its messages stand above") }
            unread += more
        }
    }

    func end() {
        try? questions.fileHandleForWriting.close()
        process.waitUntilExit()
    }
}
