import Client
import LocalFiles
import Terminal

/// Refusals that are about one photo.
enum Refusal {
    /// Runs a call about a photo; where the server refuses the photo, the message begins with its name.
    static func naming<Result>(_ photo: LocalPath, _ body: () async throws -> Result) async throws -> Result {
        do {
            return try await body()
        } catch let error as MyVLMError
            where error.code == .invalidArgument && !error.message.contains(photo.name.shown)
        {
            throw MyVLMError(
                error.code, "\(photo.shown): \(error.message)", requestID: error.requestID,
                retryAfter: error.retryAfter, cause: error)
        }
    }
}
