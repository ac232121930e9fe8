/// Cleans what users write before it enters a prompt.
enum PromptText {
    /// White space runs become one space; other control characters go.
    static func clean(_ text: String) -> String {
        let visible = text.unicodeScalars.filter { scalar in
            scalar.properties.isWhitespace
                || !scalar.properties.isDefaultIgnorableCodePoint
                    && scalar.properties.generalCategory != .control
        }
        return String(String.UnicodeScalarView(visible)).split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
}
