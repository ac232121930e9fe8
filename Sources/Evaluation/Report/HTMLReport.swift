import Foundation
import LocalFiles
import VLM

/// One page that needs nothing else: figures, and every test photo with its captions, what fired and where the
/// concept looks.
struct HTMLReport {
    private let result: EvaluationResult

    init(_ result: EvaluationResult) { self.result = result }

    func html() throws -> String {
        var classes: [String: String] = [:]
        var styles = ""
        for key in usedPhotos {
            let name = "p\(classes.count)"
            classes[key] = name
            if let picture = try embedded(key) {
                styles += ".\(name){background-image:url(\(picture.address));"
                styles += "width:\(picture.width)px;height:\(picture.height)px}\n"
            }
        }
        let rounds = result.split.rounds.indices.map { round in
            let photos = result.rows.filter { $0.round == round }.map { card($0, classes) }
            let pairs = result.pairs.filter { $0.round == round }.map { card($0, classes) }
            return """
                <details\(round == 0 ? " open" : "")><summary>Round \(round + 1): seed \
                \(result.split.rounds[round].seed), photos \(HTML.escaped(result.split.rounds[round].rule))</summary>
                <div class="cards">\(photos.joined())</div>
                \(pairs.isEmpty ? "" : "<h3>Two things in one picture</h3><div class=\"cards\">\(pairs.joined())</div>")
                </details>
                """
        }
        return """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><title>MyVLM evaluation</title>
            <style>\(Self.style)\(styles)</style></head><body>
            <h1>MyVLM evaluation</h1>
            <p>Model <code>\(HTML.escaped(String(result.modelDigest.prefix(16))))</code>, \(result.things.count) things, \
            \(result.split.rounds.count) round\(result.split.rounds.count == 1 ? "" : "s"). Definitions: \
            <code>Docs/evaluation.md</code>. The split stands beside this page.</p>
            \(table)
            <p class="note">The tinted cells show what the concept's rows pay to each part of the picture, mean over \
            blocks and heads, from none to the most in that picture.</p>
            \(rounds.joined(separator: "\n"))
            </body></html>

            """
    }

    private var table: String {
        let several = result.split.rounds.count > 1
        let rows = result.figures.map { figure in
            let cells = [
                "<td><code>\(HTML.escaped(figure.metric))</code></td>", "<td>\(HTML.shown(figure.value))</td>",
                several ? "<td>\(figure.interval.map { "± " + HTML.shown($0) } ?? "")</td>" : "",
                "<td>\(HTML.escaped(figure.unit))</td>",
            ]
            return "<tr>\(cells.joined())</tr>"
        }
        return """
            <table><tr><th>figure</th><th>value</th>\(several ? "<th>95 %</th>" : "")<th>unit</th></tr>
            \(rows.joined(separator: "\n"))</table>
            """
    }

    private func card(_ row: PhotoRow, _ classes: [String: String]) -> String {
        let right = row.named == [row.identifier]
        let photo = "\(row.thing)/\(row.photo)"
        var lines = [
            "<b class=\"\(right ? "right" : "wrong")\">\(HTML.escaped(row.caption))</b>",
            "<i>frozen</i> \(HTML.escaped(row.frozenCaption))",
        ]
        if let said = row.captionUnprompted, said != row.caption {
            lines.append("<i>name not in prompt</i> \(HTML.escaped(said))")
        }
        if let said = row.simpleReplacement { lines.append("<i>simple</i> \(HTML.escaped(said))") }
        if let said = row.guidedReplacement { lines.append("<i>guided</i> \(HTML.escaped(said))") }
        if let first = row.references.first { lines.append("<i>owner</i> \(HTML.escaped(first))") }
        let fired = row.fired.isEmpty ? "nothing fired" : "fired: " + row.fired.joined(separator: ", ")
        lines.append(
            "<span class=\"note\">\(HTML.escaped(fired)) · score \(HTML.shown(Double(row.score))) of "
                + "\(HTML.shown(Double(row.threshold)))</span>")
        return """
            <div class="card"><div class="photo \(classes[photo] ?? "")">\(map(row.attention))</div>
            <p class="note">\(HTML.escaped(photo)) = \(HTML.escaped(row.identifier))</p><p>\(lines.joined(separator: "<br>"))</p>\
            </div>
            """
    }

    private func card(_ row: PairRow, _ classes: [String: String]) -> String {
        let right = Set(row.named) == Set(row.identifiers)
        let photos = zip(row.things, row.photos).map { "\($0)/\($1)" }
        let pictures = photos.map { "<div class=\"photo \(classes[$0] ?? "")\"></div>" }
        let fired = row.fired.isEmpty ? "nothing fired" : "fired: " + row.fired.joined(separator: ", ")
        return """
            <div class="card wide"><div class="pair">\(pictures.joined())</div>
            <p class="note">\(HTML.escaped(photos.joined(separator: " and "))) = \
            \(HTML.escaped(row.identifiers.joined(separator: " and ")))</p>
            <p><b class="\(right ? "right" : "wrong")">\(HTML.escaped(row.caption))</b><br>
            <span class="note">\(HTML.escaped(fired))</span></p></div>
            """
    }

    /// The grid over a photo, brightest where the concept looks most.
    private func map(_ attention: [Float]?) -> String {
        guard let attention, let most = attention.max(), let least = attention.min(), most > least else { return "" }
        let columns = max(result.gridColumns, 1)
        let cells = attention.enumerated().map { index, value in
            let strength = (value - least) / (most - least)
            return "<rect x=\"\(index % columns)\" y=\"\(index / columns)\" width=\"1.02\" height=\"1.02\" "
                + "fill-opacity=\"\(String(format: "%.2f", 0.65 * strength))\"/>"
        }
        let rows = (attention.count + columns - 1) / columns
        return "<svg viewBox=\"0 0 \(columns) \(rows)\" preserveAspectRatio=\"none\">\(cells.joined())</svg>"
    }

    private var usedPhotos: [String] {
        let keys =
            result.rows.map { "\($0.thing)/\($0.photo)" }
            + result.pairs.flatMap { zip($0.things, $0.photos).map { "\($0)/\($1)" } }
        return Set(keys).sorted()
    }

    private func embedded(_ key: String) throws -> HTML.Picture? {
        let photo = result.things.lazy.flatMap { thing in thing.photos.map { ("\(thing.name)/\($0.name)", $0) } }
            .first { $0.0 == key }?.1
        guard let photo else { return nil }
        return try HTML.embedded(photo)
    }

    private static let style = """
        body{font:15px/1.4 system-ui,sans-serif;margin:2rem;color:#222}
        table{border-collapse:collapse}td,th{text-align:left;padding:.1rem .8rem;border-bottom:1px solid #ddd}
        .cards{display:flex;flex-wrap:wrap;gap:1rem}.card{width:250px}.card.wide{width:500px}
        .photo{background-size:cover;position:relative}.pair{display:flex;align-items:flex-end}
        .photo svg{position:absolute;inset:0;width:100%;height:100%;fill:#f30}
        .right{color:#064}.wrong{color:#a00}.note{color:#777;font-size:85%}summary{font-weight:600;margin:1rem 0}
        p{margin:.3rem 0}

        """
}
