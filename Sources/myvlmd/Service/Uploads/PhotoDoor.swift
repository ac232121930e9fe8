import RPC
import Runtime
import VLM

/// What a file must be to be staged at all: a picture by its first bytes, of a size that is read, by its header. Pixels are
/// decoded by the enrollment.
package enum PhotoDoor {
    /// Bytes that tell the format.
    static let headBytes = 12

    /// Throws `invalidArgument` naming the file when its first bytes are those of no picture.
    package static func checkHead(_ head: [UInt8], name: String) throws {
        guard ImageFormat.detect(head) == nil else { return }
        throw RPCError(
            code: .invalidArgument, message: "\(name) is no JPEG, PNG or WebP picture; convert it, or leave it out")
    }

    /// Throws `invalidArgument` naming the file when its header cannot be read or tells a size that is not taken.
    package static func check(_ bytes: [UInt8], name: String) throws {
        try checkHead(bytes, name: name)
        let size: (width: Int, height: Int)
        do {
            size = try RGBImage.size(of: bytes)
        } catch {
            throw RPCError(code: .invalidArgument, message: "\(name): \(error.message)", cause: error)
        }
        guard min(size.width, size.height) >= Enroller.minimumSide else {
            throw RPCError(
                code: .invalidArgument,
                message: "\(name) has \(size.width) x \(size.height) pixels; \(Enroller.minimumSide) a side are the "
                    + "least")
        }
    }
}
