/// A rectangle in pixels of the upright picture, origin top left.
public struct FaceBox: Sendable, Equatable {
    /// Left edge.
    public let x: Float
    /// Top edge.
    public let y: Float
    /// Width in pixels.
    public let width: Float
    /// Height in pixels.
    public let height: Float

    /// A box.
    public init(x: Float, y: Float, width: Float, height: Float) {
        self.x = x
        self.y = y
        self.width = width
        self.height = height
    }
}

/// One face in a picture.
public struct Face: Sendable, Equatable {
    /// Where it is.
    public let box: FaceBox
    /// Who it is, `[128]`; Euclidean distances between descriptors tell persons apart.
    public let descriptor: [Float]

    /// A face.
    public init(box: FaceBox, descriptor: [Float]) {
        self.box = box
        self.descriptor = descriptor
    }
}
