import Client
import Foundation
import Terminal

/// Shows an answer as it arrives: the text on standard output, the recognised concepts on standard error.
struct AnswerView {
    private let json: Bool
    private let jsonl: Bool
    private let quiet: Bool
    private var lineOpen = false
    private var begun = false

    init(json: Bool, jsonl: Bool, quiet: Bool) {
        self.json = json
        self.jsonl = jsonl
        self.quiet = quiet
    }

    /// One line of `--jsonl`; `event` tells which of the others is set.
    private struct Line: Encodable {
        var event: String
        var text: String?
        var answer: AnswerEnd?
        var model: String?
        var share: Float?
    }

    mutating func show(_ event: AnswerEvent.Event) throws {
        switch event {
        case .piece(let piece):
            if jsonl { return try JSONOutput.writeLine(Line(event: "text", text: piece.text)) }
            guard !json else { return }
            // A model's first token mostly begins with a space.
            let text = begun ? piece.text : String(piece.text.drop { $0 == " " })
            if text.isEmpty { return }
            begun = true
            lineOpen = true
            try Console.out(Console.shown(text), newline: false)
        case .loading(let loading):
            if jsonl {
                return try JSONOutput.writeLine(Line(event: "loading", model: loading.model, share: loading.share))
            }
            guard !quiet, !json else { return }
            let percent = Int(max(0, min(1, loading.share)) * 100)
            Console.error(Console.dim("the server loads the model \(Console.shown(loading.model)): \(percent) %"))
        case .end(let answer):
            try breakLine()
            if jsonl { return try JSONOutput.writeLine(Line(event: "end", answer: answer)) }
            if json { return try JSONOutput.write(answer) }
            Self.tell(answer.skipped)
            guard !quiet else { return }
            for fired in answer.fired { Console.error(Console.dim(Self.line(fired))) }
            for line in answer.places.compactMap(Self.line) { Console.error(Console.dim(line)) }
        }
    }

    /// Ends an unfinished line of text.
    mutating func breakLine() throws {
        let isOpen = lineOpen
        lineOpen = false
        if isOpen { try Console.out("") }
    }

    /// Writes what was left out to standard error, even with --quiet.
    static func tell(_ skipped: [SkippedConcept]) {
        for one in skipped {
            let version = one.version == 0 ? "" : " v\(one.version)"
            Console.error("left out \(Console.shown(one.concept))\(version): \(Console.shown(one.reason))")
        }
    }

    /// `zibo  at 40, 36  160 x 144 pixels  (head)`; nil for a place without a box, of a newer server.
    static func line(_ place: AnswerPlace) -> String? {
        place.box.map { box in
            (place.subject.isEmpty ? "something" : Console.shown(place.subject))
                + String(format: "  at %.0f, %.0f  %.0f x %.0f pixels", box.x, box.y, box.width, box.height)
                + "  (\(Console.shown(place.source)))"
        }
    }

    /// `zibo v2  fired  0.97 (threshold 0.50)`
    static func line(_ result: Recognition) -> String {
        let score = result.knownScore.map { String(format: "%.2f", $0) } ?? "no face"
        return Console.shown(result.concept) + " v\(result.version)  \(result.fired ? "fired" : "not there")  \(score)"
            + String(format: " (threshold %.2f)", result.threshold)
    }
}
