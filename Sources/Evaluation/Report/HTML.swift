import Foundation
import LocalFiles
import VLM

/// What pages that need nothing else are made of.
package enum HTML {
    /// Longer side of an embedded photo, in pixels.
    private static let side = 240

    /// A photo in a page.
    struct Picture {
        /// A `data:` address of a JPEG.
        let address: String
        let width: Int
        let height: Int
    }

    /// A photo, scaled so that its longer side is small.
    static func embedded(_ photo: some PhotoFile) throws -> Picture {
        let image = try photo.picture(try photo.bytes())
        let longer = max(image.width, image.height)
        let width = max(1, image.width * side / longer)
        let height = max(1, image.height * side / longer)
        let bytes = try image.resized(width: width, height: height).encodedJPEG(quality: 80)
        return Picture(
            address: "data:image/jpeg;base64," + Data(bytes).base64EncodedString(), width: width, height: height)
    }

    /// A figure's value.
    static func shown(_ value: Double?) -> String {
        guard let value, value.isFinite else { return "–" }
        return value == value.rounded() && abs(value) >= 2
            ? String(format: "%.0f", value) : String(format: "%.3f", value)
    }

    /// A text as data: captions, file names and identifiers come from users and models. Scalar by scalar: a mark that has
    /// a combining one behind it would be another character, and still the end of an attribute.
    package static func escaped(_ text: String) -> String {
        let text = CarriedText.isPlain(text) ? text : CarriedText.shown(text)
        var escaped = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped.append(contentsOf: "&amp;".unicodeScalars)
            case "<": escaped.append(contentsOf: "&lt;".unicodeScalars)
            case ">": escaped.append(contentsOf: "&gt;".unicodeScalars)
            case "\"": escaped.append(contentsOf: "&quot;".unicodeScalars)
            case "'": escaped.append(contentsOf: "&#39;".unicodeScalars)
            default: escaped.append(scalar)
            }
        }
        return String(escaped)
    }
}
