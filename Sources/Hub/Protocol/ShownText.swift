internal import LocalFiles

extension String {
    /// A stranger's text for a message: on one line, without what a terminal would obey, and not for ever.
    package var shownShort: String {
        let shown = CarriedText.shown(self)
        return shown.count > 200 ? shown.prefix(200) + "…" : shown
    }

    /// Whether it holds nothing but the digits 0-9 and a-f.
    var isLowerHexadecimal: Bool { utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) } }
}
