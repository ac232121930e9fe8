/// What a pull tells while it runs.
package enum PullEvent: Sendable, Equatable {
    /// A file is begun, or gone on with behind the bytes that are there.
    case began(path: String, size: Int, from: Int)
    /// So many bytes of all files that were to be fetched are there.
    case advanced(bytes: Int)
    /// Another try follows in so many seconds.
    case waiting(seconds: Int, reason: String)
    /// Somebody else is fetching this file; it is waited for.
    case elsewhere(path: String)
}
