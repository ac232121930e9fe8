public import RPCMessages

/// What a call did to an alias.
public typealias AliasChange = AliasReply

/// What setting a retention did.
public typealias RetentionChange = SetRetentionReply

/// When a pointer may move.
public enum PointerCondition: Sendable, Equatable {
    /// Whatever version it names now.
    case always
    /// Only when it names this version now.
    case ifVersion(Int)
    /// Only when it does not exist.
    case onlyNew
}

/// Two versions side by side.
public struct VersionComparison: Sendable, Equatable {
    /// The left one.
    public let left: ConceptVersion
    /// The right one.
    public let right: ConceptVersion
    /// In a fixed order.
    public let differences: [VersionDifference]
}
