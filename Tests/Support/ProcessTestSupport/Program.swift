import Foundation
import Subprocess
import SystemPackage

/// A program the tests start. Its end is awaited: blocking a thread of the cooperative pool for it would stop the
/// servers under test, which live there too, and Foundation's `Process` cannot be started from several threads.
package struct Program: Sendable {
    package let path: String
    package var environment: [String: String]

    /// What it left behind.
    package struct Output: Sendable {
        /// The exit status; as in a shell, 128 and the signal's number where one ended it.
        package let code: Int32
        package let out: String
        package let error: String
    }

    /// The most bytes one stream may carry.
    private static let limit = 8 << 20

    package init(path: String, environment: [String: String] = ["PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"]) {
        self.path = path
        self.environment = environment
    }

    /// Runs it to its end. `input` stands in the pipe before the program starts, whether it reads it or not: written
    /// later, to a program that has ended, it would raise SIGPIPE, which the servers under test must not need to ignore.
    /// - Parameter input: At most 64 KiB, what a pipe holds.
    package func run(_ arguments: [String], input: String = "") async throws -> Output {
        let (reader, writer) = try FileDescriptor.pipe()
        try writer.closeAfter { _ = try writer.writeAll(input.utf8) }
        let result = try await Subprocess.run(
            .path(FilePath(path)), arguments: Arguments(arguments), environment: .custom(variables),
            input: .fileDescriptor(reader, closeAfterSpawningProcess: true), output: .string(limit: Self.limit),
            error: .string(limit: Self.limit))
        return Output(
            code: Self.code(result.terminationStatus), out: result.standardOutput, error: result.standardError)
    }

    /// Starts it and hands its first line and its process over while it runs on; what it says on standard error goes
    /// to the file `log`.
    /// - Parameter words: The line that is handed over is the first one that holds them.
    package func start(_ arguments: [String], log: String, until words: String = "") async throws -> RunningProgram {
        try await RunningProgram(
            path: path, arguments: arguments, environment: .custom(variables), log: log, until: words)
    }

    /// What it is started with. Where `Scripts/coverage` counts lines, a program of ours counts its own.
    private var variables: [Environment.Key: String] {
        var all = environment
        if let profiles = ProcessInfo.processInfo.environment["MYVLM_PROGRAM_PROFILES"] {
            all["LLVM_PROFILE_FILE"] = profiles
        }
        return [Environment.Key: String](uniqueKeysWithValues: all.map { (Environment.Key(stringLiteral: $0), $1) })
    }

    static func code(_ status: TerminationStatus) -> Int32 {
        switch status {
        case .exited(let code): code
        case .signaled(let signal): 128 + signal
        }
    }
}
