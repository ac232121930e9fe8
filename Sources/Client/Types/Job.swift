public import RPCMessages

extension Job {
    /// Whether nothing happens to it by itself any more.
    public var isOver: Bool { state != "queued" && state != "running" }
}
