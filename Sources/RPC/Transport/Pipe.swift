package import RPCCore

/// A two-way stream of bytes with buffered writing. Confined to a loop's thread. The tests replace it by `FakePipe`, so
/// that the layers above run without sockets.
package protocol Pipe: AnyObject {
    /// Receives its events; held weakly.
    var delegate: (any PipeDelegate)? { get set }
    /// Bytes written and not yet taken by the socket.
    var pendingBytes: Int { get }
    /// Queues bytes.
    func write(_ bytes: [UInt8])
    /// Closes; with `flush` after everything queued is sent, for at most two seconds. No event follows.
    func close(flush: Bool)
    /// Sends final bytes, reads nothing more, and closes half a second later: if it closed at once, the kernel would
    /// discard them while the peer is still sending. No event follows.
    func part(_ words: [UInt8])
}

/// Receives the events of a pipe, on its loop's thread.
package protocol PipeDelegate: AnyObject {
    /// The handshake is complete and both sides speak HTTP/2.
    func pipeConnected(certificate: PeerCertificate?)
    /// Bytes came.
    func pipeReceived(_ bytes: UnsafeRawBufferPointer)
    /// Everything queued is sent.
    func pipeDrained()
    /// The pipe broke or its peer closed it; nil is an orderly end.
    func pipeFailed(_ error: RPCError?)
}
