public import VLM

/// One face in a picture.
public struct Face: Sendable, Equatable {
    /// Where it is.
    public let box: PictureBox
    /// Who it is, `[128]`; Euclidean distances between descriptors tell persons apart.
    public let descriptor: [Float]

    /// A face.
    public init(box: PictureBox, descriptor: [Float]) {
        self.box = box
        self.descriptor = descriptor
    }
}
