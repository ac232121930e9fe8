public import RPCMessages

/// What walking the audit chain found.
public typealias AuditVerification = VerifyAuditReply

/// What reading every artifact found.
public typealias ScrubReport = ScrubReply

/// The server about itself.
public typealias ServerStatus = StatusReply
