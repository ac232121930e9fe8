/// Whole words of a text, in lower case: letters, digits and apostrophes hold together.
package func words(of text: String) -> [String] {
    text.lowercased().split { !($0.isLetter || $0.isNumber || $0 == "'") }.map(String.init)
}

/// Whether a text holds one of the terms as whole words in a row.
package func holds(_ text: String, anyOf terms: [String]) -> Bool {
    let all = words(of: text)
    return terms.contains { place(of: words(of: $0), in: all) != nil }
}

/// Where a run of words stands in another; nil when it does not or is empty.
func place(of wanted: [String], in all: [String]) -> Range<Int>? {
    guard !wanted.isEmpty, wanted.count <= all.count else { return nil }
    let start = (0...(all.count - wanted.count)).first { all[$0..<($0 + wanted.count)].elementsEqual(wanted) }
    return start.map { $0..<$0 + wanted.count }
}

/// A text in words with every run of `term` replaced: "Zibo's" counts as Zibo.
package func replacing(_ term: String, in text: String, with other: String) -> String {
    let wanted = words(of: term)
    var all = words(of: text).map { word in
        word.hasSuffix("'s") && wanted == [String(word.dropLast(2))] ? String(word.dropLast(2)) : word
    }
    // Word by word from the left, so that a replacement that holds the term is not looked at again.
    var from = 0
    while let found = place(of: wanted, in: Array(all[from...])) {
        let range = found.lowerBound + from..<found.upperBound + from
        let put = words(of: other)
        all.replaceSubrange(range, with: put)
        from = range.lowerBound + put.count
    }
    return all.joined(separator: " ")
}
