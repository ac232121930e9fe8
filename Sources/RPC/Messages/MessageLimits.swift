/// Limits that hold for every decoded message, whoever sent it.
public struct MessageLimits: Sendable, Equatable {
    /// Bytes of one framed message.
    public var frameBytes: Int
    /// Bytes its unpacked form may allocate: unpacking may amplify a hostile frame sixty-fold.
    public var unpackedBytes: Int

    /// Limits.
    public init(frameBytes: Int, unpackedBytes: Int) {
        self.frameBytes = frameBytes
        self.unpackedBytes = unpackedBytes
    }
}
