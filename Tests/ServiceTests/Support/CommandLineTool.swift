import Foundation

/// A built binary, run as a user runs it.
struct CommandLineTool {
    let path: String
    var environment: [String: String]
    private static let launching = NSLock()

    struct Output: Sendable {
        let code: Int32
        let out: String
        let error: String

        /// Standard output as a JSON object.
        var json: [String: Any] {
            get throws {
                let object = try JSONSerialization.jsonObject(with: Data(out.utf8))
                return object as? [String: Any] ?? [:]
            }
        }
    }

    /// The binary beside the test bundle.
    init(_ name: String, environment: [String: String] = [:]) throws {
        let running = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let folders = [running, CommandLine.arguments.first ?? ""].map {
            URL(filePath: $0).deletingLastPathComponent().path()
        }
        guard let found = folders.map({ $0 + "/" + name }).first(where: FileManager.default.isExecutableFile) else {
            throw CocoaError(.fileNoSuchFile, userInfo: [NSFilePathErrorKey: "\(name) beside \(folders)"])
        }
        path = found
        var all = ["PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TERM": "dumb", "COLUMNS": "80"]
        all.merge(environment) { $1 }
        self.environment = all
    }

    /// A program of the system.
    init(path: String) {
        self.path = path
        environment = ["PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"]
    }

    /// Foundation's `run` crashes now and then when several threads are in it.
    static func launch(_ process: Process) throws {
        launching.lock()
        defer { launching.unlock() }
        try process.run()
    }

    /// Runs it to its end. Nothing blocks a thread of the cooperative pool: the server under test lives there too.
    func run(_ arguments: [String], input: String = "") async throws -> Output {
        let folder = NSTemporaryDirectory() + "myvlm-run-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let files = ["in", "out", "error"].map { URL(filePath: folder + "/" + $0) }
        try Data(input.utf8).write(to: files[0])
        for file in files[1...] { try Data().write(to: file) }
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        process.environment = environment
        process.standardInput = try FileHandle(forReadingFrom: files[0])
        process.standardOutput = try FileHandle(forWritingTo: files[1])
        process.standardError = try FileHandle(forWritingTo: files[2])
        let code: Int32 = try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do { try Self.launch(process) } catch { continuation.resume(throwing: error) }
        }
        let texts = try files.map { try String(contentsOf: $0, encoding: .utf8) }
        try FileManager.default.removeItem(atPath: folder)
        return Output(code: code, out: texts[1], error: texts[2])
    }
}
