import Client
import Foundation
import Terminal

/// Progress on standard error: a bar that is redrawn on a terminal, one line per 10 % elsewhere.
struct ProgressLine {
    /// Whether the terminal supports the sequences that redraw a line.
    private let terminal: Bool
    private var lastTenth = -1
    private var open = false

    init(terminal: Bool) { self.terminal = terminal }

    /// One training step.
    mutating func show(_ progress: EnrollProgress) {
        guard progress.steps > 0 else { return }
        if terminal {
            Console.error("\r\u{1B}[K" + Self.bar(progress), newline: false)
            open = true
        } else {
            let tenth = Int(progress.step) * 10 / Int(progress.steps)
            if tenth > lastTenth {
                lastTenth = tenth
                Console.error(Self.line(progress))
            }
        }
    }

    /// Ends the bar's line, so that what follows stands on its own.
    mutating func end() {
        if open { Console.error("") }
        open = false
    }

    static func bar(_ progress: EnrollProgress, width: Int = 30) -> String {
        let filled = min(width, Int(progress.step) * width / max(1, Int(progress.steps)))
        return "[" + String(repeating: "#", count: filled) + String(repeating: ".", count: width - filled) + "] "
            + line(progress)
    }

    static func line(_ progress: EnrollProgress) -> String {
        let (step, steps) = (Int(progress.step), Int(progress.steps))
        return String(format: "%3d %%  step %d/%d  loss %.3f  ", step * 100 / max(1, steps), step, steps, progress.loss)
            + Format.seconds(progress.secondsLeft) + " left"
    }
}
