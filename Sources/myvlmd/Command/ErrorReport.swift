import ArgumentParser
import Foundation
import Hub
import Registry
import Service

/// Runs a command; an error becomes one line on standard error and an exit code of `sysexits.h`.
func reportingErrors(_ body: () async throws -> Void) async throws {
    // A log that nobody reads must not delay the exit.
    defer { LineSink.standardError.flush(seconds: 1) }
    do {
        try await body()
    } catch let error as ServiceError {
        throw report(error.message, error.exitCode)
    } catch let error as HubError {
        throw report(error.message, error.exitCode)
    } catch let error as RegistryError {
        let code: Int32 =
            switch error.code {
            case .invalidArgument, .alreadyExists: 64
            case .notFound: 66
            case .storageFull: 73
            case .dataLoss, .schemaTooNew: 65
            case .resourceExhausted, .failedPrecondition: 75
            default: 70
            }
        throw report(error.operatorMessage, code)
    } catch let error as ExitCode {
        throw error
    } catch {
        throw report("unexpected: \(error)", 70)
    }
}

private func report(_ message: String, _ code: Int32) -> ExitCode {
    LineSink.standardError.write("myvlmd: \(message)")
    return ExitCode(code)
}
