/// Where a long computation may be interrupted for shorter ones.
///
/// Computations call `point()` between two of their parts, where nothing is half written and the kernels' threads are
/// idle. Whoever runs them says what happens there; without that it is nothing. What runs at a point may compute
/// whatever it likes: it has work space of its own.
public enum Pause {
    @TaskLocal private static var action: (@Sendable () -> Void)?

    /// Calls what `during` was given, if anything.
    public static func point() { action?() }

    /// Runs `body`; at its points on this thread `action` is called. With nil nothing interrupts it.
    public static func during<R>(_ action: (@Sendable () -> Void)?, _ body: () throws -> R) rethrows -> R {
        try $action.withValue(action) { try body() }
    }
}
