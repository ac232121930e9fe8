import Client
import RPC
import Registry
import Runtime
import Service
import Testing
import VLM

private struct Foreign: Error { let secret = "hunter2" }

@Suite(.timeLimit(.minutes(10))) struct StatusMappingTests {
    @Test func everyRoomsErrorHasItsCode() {
        let expected: [(any Error, StatusCode)] = [
            (RegistryError(.unauthenticated, "m"), .unauthenticated),
            (RegistryError(.permissionDenied, "m"), .permissionDenied), (RegistryError(.notFound, "m"), .notFound),
            (RegistryError(.alreadyExists, "m"), .alreadyExists),
            (RegistryError(.failedPrecondition, "m"), .failedPrecondition),
            (RegistryError(.storageFull, "m"), .resourceExhausted), (RegistryError(.dataLoss, "m"), .dataLoss),
            (RegistryError(.schemaTooNew, "m"), .internalError), (RuntimeError(.faceCount, "m"), .invalidArgument),
            (RuntimeError(.overloaded, "m"), .resourceExhausted), (RuntimeError(.unavailable, "m"), .unavailable),
            (RuntimeError(.cancelled, "m"), .cancelled), (RuntimeError(.artifactMalformed, "m"), .dataLoss),
            (RuntimeError(.modelMismatch, "m"), .failedPrecondition),
            (RuntimeError(.unsupported, "m"), .failedPrecondition),
            (VLMError(.imageUnreadable, "m"), .invalidArgument), (VLMError(.imageTooLarge, "m"), .invalidArgument),
            (VLMError(.contextOverflow, "m"), .outOfRange), (VLMError(.checkpointMalformed, "m"), .internalError),
            (CancellationError(), .cancelled),
        ]
        for (error, code) in expected {
            #expect(StatusMapping.status(of: error).code == code, "\(error)")
        }
    }

    @Test func foreignErrorsTellNothing() {
        let status = StatusMapping.status(of: Foreign())
        #expect(status.code == .internalError && !status.message.contains("hunter2"))
    }

    @Test func exitCodesAreThoseOfSysexits() {
        let allowed: Set<Int32> = [64, 65, 66, 69, 70, 73, 74, 75, 77, 78, 130]
        for code in MyVLMError.Code.allCases { #expect(allowed.contains(MyVLMError(code, "m").exitCode), "\(code)") }
    }
}
