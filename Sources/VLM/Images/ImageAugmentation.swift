/// The random views of a photo a concept is trained on: mirrored, lighter or darker, turned.
public struct ImageAugmentation: Sendable, Equatable {
    /// How often the picture is mirrored, 0...1.
    public var flipProbability: Double
    /// The brightness factor is uniform in 1 - b ... 1 + b.
    public var brightness: Float
    /// The angle is uniform in -r ... r degrees.
    public var maximumRotation: Double

    /// An augmentation.
    public init(flipProbability: Double, brightness: Float, maximumRotation: Double) {
        self.flipProbability = flipProbability
        self.brightness = brightness
        self.maximumRotation = maximumRotation
    }

    /// For concept embeddings (MyVLM, `get_image_transforms`): mirror 0.5, brightness 0.6, 45 degrees.
    public static let concept = ImageAugmentation(flipProbability: 0.5, brightness: 0.6, maximumRotation: 45)
    /// For concept heads: mirror 0.5, 30 degrees.
    public static let head = ImageAugmentation(flipProbability: 0.5, brightness: 0, maximumRotation: 30)

    /// One view. The same generator state gives the same view.
    public func applied(to image: RGBImage, using generator: inout some RandomNumberGenerator) -> RGBImage {
        var view = image
        if Double.random(in: 0..<1, using: &generator) < flipProbability { view = view.flippedHorizontally() }
        if brightness > 0 {
            view = view.brightened(by: .random(in: max(0, 1 - brightness)...(1 + brightness), using: &generator))
        }
        if maximumRotation > 0 {
            view = view.rotated(degrees: .random(in: -maximumRotation...maximumRotation, using: &generator))
        }
        return view
    }
}

extension RGBImage {
    /// Every level times the factor, cut at 255 and rounded down: Pillow's `ImageEnhance.Brightness`.
    public func brightened(by factor: Float) -> RGBImage {
        let table = (0..<256).map { UInt8(max(0, min(255, factor * Float($0)))) }
        return RGBImage(width: width, height: height, pixels: pixels.map { table[Int($0)] })
    }
}
