import RPC
import Rules
import VLM

/// What a file must be to be staged at all: a picture by its first bytes, of a size that is read, by its header. Pixels are
/// decoded by the enrollment.
package enum PhotoDoor {
    /// Throws, naming the file, when its header cannot be read or tells a size that is not taken.
    package static func check(_ bytes: [UInt8], name: String) throws {
        try PhotoRules.checkHead(bytes, name: name)
        let size: (width: Int, height: Int)
        do {
            size = try RGBImage.size(of: bytes)
        } catch {
            throw RPCError(code: .invalidArgument, message: "\(name): \(error.message)", cause: error)
        }
        try PhotoRules.checkSides(width: size.width, height: size.height, name: name)
    }
}
