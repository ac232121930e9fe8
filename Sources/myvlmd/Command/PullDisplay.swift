import Foundation
import Hub
import LocalFiles
import Service

/// Shows how a pull goes on, on standard error. Confined to the thread that pulls.
final class PullDisplay {
    private let isTerminal = isatty(STDERR_FILENO) == 1 && (UserEnvironment.value("TERM") ?? "dumb") != "dumb"
    private let start = ContinuousClock.now
    private var meter = PullMeter(total: 0, isTerminal: false)
    /// Columns of the line that stands there and will be written over.
    private var open = 0

    /// From now on what comes is measured against a plan.
    func begin(_ plan: PullPlan) { meter = PullMeter(total: plan.missingBytes, isTerminal: isTerminal) }

    func show(_ event: PullEvent) {
        switch meter.take(event, at: ContinuousClock.now - start) {
        case .line(let text):
            end()
            StandardStream.complain(text)
        case .over(let text):
            // A longer line would go on below, and not be written over.
            let text = String(text.prefix(Self.columns - 1))
            StandardStream.complain(
                "\r" + text + String(repeating: " ", count: max(0, open - text.count)), terminator: "")
            open = text.count
        case nil: break
        }
    }

    /// Leaves the line that stands there.
    func end() {
        if open > 0 { StandardStream.complain("") }
        open = 0
    }

    private static var columns: Int {
        var size = winsize()
        return ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 20 ? Int(size.ws_col) : 80
    }
}
