/// An upload as its owner sees it.
package struct UploadSummary: Sendable, Equatable {
    package let id: String
    package let photos: Int
    package let bytes: Int
    package let expiresAtMs: Int64
    package let isComplete: Bool
}
