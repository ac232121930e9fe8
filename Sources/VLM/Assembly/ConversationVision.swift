package import Compute

/// The vision side of a conversation model: from a picture to the rows that a decoder reads between its leading tokens and
/// the concept rows. Immutable; safe from any thread.
package protocol ConversationVision: Sendable {
    /// The tower all of it goes through.
    var tower: VisionTower { get }
    /// Numbers of a feature.
    var featureSize: Int { get }
    /// Whether a picture is cut into tiles beside the whole.
    var isTiled: Bool { get }
    /// Rows that a picture has at most in the decoder.
    var mostTokens: Int { get }

    /// Pixel values of every view of a picture, `[3, imageSize, imageSize]` each, in the order of the reference.
    func pixels(of image: RGBImage) -> [[Float]]

    /// The tower's features of a view's pixel values, `[positions, featureSize]`.
    func features(of pixels: [Float]) -> Matrix

    /// The features of the whole picture's patches, `[side * side, featureSize]`, and what the decoder reads,
    /// `[visualTokens, hiddenSize]`.
    func seen(_ image: RGBImage) throws -> (map: Matrix, tokens: Matrix)

    /// What the patches of the whole picture lie over, for a picture of so many pixels.
    func area(width: Int, height: Int) -> PictureBox

    /// What visual tokens get, as it is told: for each of them, or on the patches of the whole picture where these are
    /// more.
    func spread(_ shares: [Float]) -> [Float]

    /// What the patches of the whole picture get, `[side * side]`, of what `spread` tells.
    func patches(_ shares: [Float]) -> [Float]
}

extension ConversationVision {
    /// All of it, unless a model tells it of other rows too.
    package func patches(_ shares: [Float]) -> [Float] { shares }
}
