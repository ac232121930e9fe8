import Foundation
import Subprocess
import SystemPackage

/// A program that runs beside the test. It does not outlive this object.
package final class RunningProgram: Sendable {
    /// The first line of its standard output, or the first that holds what was waited for.
    package let firstLine: String
    private let process: pid_t
    private let life: Task<TerminationStatus, any Error>

    package struct EndedBeforeItsFirstLine: Error { package let log: String }

    init(path: String, arguments: [String], environment: Environment, log: String, until words: String)
        async throws
    {
        try Data().write(to: URL(filePath: log))
        let (lines, teller) = AsyncStream<(pid_t, String)>.makeStream(bufferingPolicy: .bufferingOldest(1))
        life = Task {
            defer { teller.finish() }
            return try await Subprocess.run(
                .path(FilePath(path)), arguments: Arguments(arguments), environment: environment, input: .none,
                output: .sequence,
                error: .fileDescriptor(.open(FilePath(log), .writeOnly), closeAfterSpawningProcess: true)
            ) { execution in
                for try await line in execution.standardOutput.strings() where words.isEmpty || line.contains(words) {
                    teller.yield((execution.processIdentifier.value, line))
                }
            }.terminationStatus
        }
        var first: (pid_t, String)?
        for await line in lines {
            first = line
            break
        }
        guard let first else {
            life.cancel()
            _ = try await life.value
            throw EndedBeforeItsFirstLine(log: try String(contentsOfFile: log, encoding: .utf8))
        }
        (process, firstLine) = first
    }

    deinit { life.cancel() }

    /// SIGKILL: nothing of it runs any more when this returns.
    package func kill() async throws {
        Foundation.kill(process, SIGKILL)
        _ = try await life.value
    }

    /// Sends a signal.
    package func signal(_ number: Int32) { Foundation.kill(process, number) }

    /// Waits for its end; the exit status, or 128 and the number of the signal that ended it.
    package func ended() async throws -> Int32 { Program.code(try await life.value) }
}
