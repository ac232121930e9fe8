public import RPCMessages

/// What walking the audit chain found.
public typealias AuditVerification = VerifyAuditReply

/// What reading every artifact found.
public typealias ScrubReport = ScrubReply

/// The server's version, model and load.
public typealias ServerStatus = StatusReply
