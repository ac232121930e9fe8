import Foundation
import LocalFiles

/// One page that needs nothing else: the figures, and every photo with its caption, in which what is false is marked, the
/// human captions, and its questions with right and wrong answers.
struct TruthPage {
    private let result: TruthResult

    init(_ result: TruthResult) { self.result = result }

    /// A place for the page. Throws `unwritable`.
    static func output(_ path: String, from sources: [LocalPath]) throws(EvaluationError) -> LocalOutput {
        do {
            return try LocalOutput(LocalPath(path), from: sources)
        } catch {
            throw EvaluationError(.unwritable, "\(error.message) (--out)", cause: error)
        }
    }

    /// Writes it photo by photo: the whole of a large folder is never in memory.
    func write(to output: LocalOutput) throws {
        func add(_ text: String) throws(EvaluationError) {
            try EvaluationError.reading { () throws(LocalFileError) in try output.add(Array(text.utf8)) }
        }
        try add(head)
        for seen in result.photos { try add(try card(seen)) }
        try add("</div></body></html>\n")
        try EvaluationError.reading { () throws(LocalFileError) in try output.finish() }
    }

    private var head: String {
        let controls = [
            result.constant.map { "best caption for every photo: <q>\(HTML.escaped($0))</q>" },
            result.grey.caption.map { "caption of a grey picture: <q>\(HTML.escaped($0))</q>" },
        ].compactMap { $0 }
        return """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><title>MyVLM: is what it says true?</title>
            <style>\(Self.style)</style></head><body>
            <h1>Is what it says true?</h1>
            <p>Model <code>\(HTML.escaped(String(result.modelDigest.prefix(16))))</code>, \(result.photos.count) photos. \
            Definitions: <code>Docs/evaluation.md</code>.</p>
            \(table)
            \(controls.isEmpty ? "" : "<p>Controls: \(controls.joined(separator: "; ")).</p>")
            <p>Legend: \(FalseMark.allCases.map { "\($0.marked("word")) \($0.meaning)" }.joined(separator: "; ")); \
            \(Self.verdict(true)) and \(Self.verdict(false)) answers, by their first word.</p>
            <div class="cards">

            """
    }

    private var table: String {
        let rows = result.figures.map { figure in
            "<tr><td><code>\(figure.metric)</code></td><td>\(HTML.shown(figure.value))</td><td>\(figure.unit)</td></tr>"
        }
        return """
            <table><tr><th>figure</th><th>value</th><th>unit</th></tr>
            \(rows.joined(separator: "\n"))</table>
            """
    }

    private func card(_ seen: PhotoSeen) throws -> String {
        let picture = try HTML.embedded(seen.photo)
        let name = HTML.escaped(CarriedText.shown(seen.photo.name))
        let caption = seen.caption.map {
            "<p class=\"said\">\(MarkedCaption.html($0, beside: HumanWords(seen.photo.captions)))</p>"
        }
        return """
            <div class="card"><img src="\(picture.address)" width="\(picture.width)" height="\(picture.height)" \
            alt="\(name)"><p class="note">\(name)</p>
            \(caption ?? "")\(list(seen.photo.captions.map(HTML.escaped)))\(list(seen.answers.map(line)))</div>

            """
    }

    private func line(_ asked: AnsweredQuestion) -> String {
        "\(HTML.escaped(asked.question)) <b>\(HTML.escaped(asked.answer))</b> \(Self.verdict(asked.isRight)) "
            + "<span class=\"note\">people: \(HTML.escaped(asked.reference))</span>"
    }

    private func list(_ lines: [String]) -> String {
        lines.isEmpty ? "" : "<ul>\(lines.map { "<li>\($0)</li>" }.joined())</ul>\n"
    }

    private static func verdict(_ isRight: Bool) -> String {
        isRight ? "<span class=\"right\">✓ right</span>" : "<span class=\"wrong\">✗ wrong</span>"
    }

    private static let style = """
        body{font:15px/1.4 system-ui,sans-serif;margin:2rem;color:#222}
        table{border-collapse:collapse}td,th{text-align:left;padding:.1rem .8rem;border-bottom:1px solid #ddd}
        .cards{display:flex;flex-wrap:wrap;gap:1.5rem}.card{width:250px}
        .said{font-weight:600}.note{color:#666;font-size:85%}p{margin:.3rem 0}
        ul{margin:.3rem 0;padding-left:1.1rem}.right{color:#064}.wrong{color:#a00}
        mark{background:none;color:inherit}mark.content{text-decoration:underline wavy #a00}
        mark.colour{outline:2px dashed #850}
        .spoken{position:absolute;clip-path:inset(50%);width:1px;height:1px;overflow:hidden}

        """
}

/// How a word that is not true is shown: by a line, by a sign, and in words for who hears the page.
enum FalseMark: String, CaseIterable {
    case content, colour

    /// What the mark means.
    var meaning: String {
        switch self {
        case .content: "a content word that no human caption of the photo holds"
        case .colour: "a colour that none names"
        }
    }

    /// A word, already escaped, with its mark.
    func marked(_ word: String) -> String {
        let (sign, spoken) = self == .content ? ("✗", "false word") : ("◇", "false colour")
        return "<mark class=\"\(rawValue)\">\(word)<sup aria-hidden=\"true\">\(sign)</sup>"
            + "<span class=\"spoken\"> (\(spoken))</span></mark>"
    }
}

/// A caption as a part of a page.
package enum MarkedCaption {
    /// The whole text, escaped, with what is false in it marked.
    package static func html(_ caption: String, beside words: HumanWords) -> String {
        CaptionWords.pieces(of: caption).map { piece in
            let text = HTML.escaped(piece.text)
            switch piece.word.map(words.verdict) {
            case .falseContent: return FalseMark.content.marked(text)
            case .falseColour: return FalseMark.colour.marked(text)
            case .trueContent, .trueColour, .uncounted, nil: return text
            }
        }.joined()
    }
}
