import ArgumentParser
import Client
import LocalFiles

/// Runs the body of a command: the first Ctrl-C cancels it cleanly, the second ends the program; an error becomes a
/// message that says what, why and what next, and an exit code of `sysexits.h`.
package enum CommandRunner {
    /// Runs a body that may throw errors of the client and of local files.
    package static func run(_ body: @escaping @Sendable () async throws -> Void) async throws {
        let work = Task { try await body() }
        let interrupts = Interrupts { work.cancel() }
        defer { interrupts.stop() }
        do {
            try await work.value
        } catch let error as ExitCode {
            throw error
        } catch let error as MyVLMError {
            throw report(error, interrupts)
        } catch let error as LocalFileError {
            throw report(MyVLMError(file: error), interrupts)
        } catch is CancellationError {
            throw report(MyVLMError(.cancelled, "cancelled"), interrupts)
        } catch {
            throw report(MyVLMError(.internalError, "unexpected: \(error)", cause: error), interrupts)
        }
    }

    private static func report(_ error: MyVLMError, _ interrupts: Interrupts) -> ExitCode {
        Console.error("myvlm: \(Console.shown(error.message))")
        if let wait = error.retryAfter {
            Console.error("  try again in \(max(1, wait.components.seconds)) s")
        }
        if let id = error.requestID, error.code != .cancelled {
            Console.error(Console.dim("  request id \(Console.shown(id))"))
        }
        if error.code == .cancelled, let signal = interrupts.signal { return ExitCode(128 + signal) }
        return ExitCode(error.exitCode)
    }
}
