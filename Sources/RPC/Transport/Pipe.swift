package import RPCCore

/// A two-way stream of bytes with buffered writing. Confined to a loop's thread. A fake one (`FakePipe` of the tests)
/// tests the layers above without sockets.
package protocol Pipe: AnyObject {
    /// Who hears of it; held weakly.
    var delegate: (any PipeDelegate)? { get set }
    /// Bytes written and not yet taken by the socket.
    var pendingBytes: Int { get }
    /// Queues bytes.
    func write(_ bytes: [UInt8])
    /// Closes; with `flush` after what is queued is sent, for at most two seconds. No event comes after.
    func close(flush: Bool)
    /// Sends last words, reads nothing more, and closes half a second later: closed at once, the kernel would throw
    /// them away where the peer still sends. No event comes after.
    func part(_ words: [UInt8])
}

/// Receives the events of a pipe, on its loop's thread.
package protocol PipeDelegate: AnyObject {
    /// The handshake is done and both sides speak HTTP/2.
    func pipeConnected(certificate: PeerCertificate?)
    /// Bytes came.
    func pipeReceived(_ bytes: UnsafeRawBufferPointer)
    /// Everything queued is sent.
    func pipeDrained()
    /// The pipe broke or its peer closed it; nil is an orderly end.
    func pipeFailed(_ error: RPCError?)
}
