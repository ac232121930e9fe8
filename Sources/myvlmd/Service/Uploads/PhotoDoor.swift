import RPC
import Rules
import VLM

/// The checks of a file before it is staged: its first bytes are a picture's, and its header gives a size that is
/// accepted. The enrollment decodes the pixels.
package enum PhotoDoor {
    /// Throws, naming the file, when its header cannot be read or gives a size that is not accepted.
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
