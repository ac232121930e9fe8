/// Breaks text into lines of at most `columns` characters, at spaces where there are any; a longer word is cut.
///
/// A control character becomes a space: text may come from another machine.
package func wrapped(_ text: String, columns: Int) -> [String] {
    precondition(columns > 0, "no room for text")
    let printable = String(text.map { $0.isNewline || $0.unicodeScalars.contains { $0.value < 32 } ? " " : $0 })
    var lines: [String] = []
    var line = ""
    for word in printable.split(separator: " ") {
        var rest = String(word)
        if !line.isEmpty, line.count + 1 + rest.count > columns {
            lines.append(line)
            line = ""
        }
        while rest.count > columns {
            lines.append(String(rest.prefix(columns)))
            rest = String(rest.dropFirst(columns))
        }
        line += (line.isEmpty ? "" : " ") + rest
    }
    if !line.isEmpty { lines.append(line) }
    return lines
}
