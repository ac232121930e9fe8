/// How requests are made.
package struct TransportSettings: Sendable {
    /// A file of authorities to trust; nil: the system's.
    package var authorities: String?
    /// How long nothing may come, in seconds.
    package var stallSeconds = 20
    /// How long a connection may take to come about, in seconds.
    package var connectSeconds = 20
    /// Asked while a request runs; true ends it.
    package var isCancelled: @Sendable () -> Bool = { false }

    package init() {}
}
