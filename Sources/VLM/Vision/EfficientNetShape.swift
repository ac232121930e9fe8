/// The plan of an EfficientNet-Lite: what MobileNetV2's inverted residuals look like after compound scaling.
///
/// Source: Tan and Le, EfficientNet (arXiv 1905.11946), table 1, with the Lite changes of its authors: no
/// squeeze-and-excitation, ReLU6, stem and head of fixed width and depth.
package struct EfficientNetShape: Sendable {
    /// A size of the family.
    package enum Variant: String, Sendable, CaseIterable {
        case lite0, lite1, lite2

        /// Multipliers of channels and of repeats.
        var scale: (width: Double, depth: Double) {
            switch self {
            case .lite0: (1.0, 1.0)
            case .lite1: (1.0, 1.1)
            case .lite2: (1.1, 1.2)
            }
        }
    }

    /// One inverted residual.
    package struct Block: Sendable, Equatable {
        let inputs: Int
        package let outputs: Int
        let kernel: Int
        let stride: Int
        let expansion: Int
        var middle: Int { inputs * expansion }
        var isResidual: Bool { stride == 1 && inputs == outputs }
    }

    static let stemChannels = 32
    static let headChannels = 1280
    static let classes = 1000

    package let blocks: [Block]

    package init(_ variant: Variant) {
        // Repeats, kernel, stride, expansion, output channels at width 1.
        let stages = [
            (1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80), (3, 5, 1, 6, 112),
            (4, 5, 2, 6, 192),
            (1, 3, 1, 6, 320),
        ]
        var blocks: [Block] = []
        var channels = Self.stemChannels
        for (index, (repeats, kernel, stride, expansion, outputs)) in stages.enumerated() {
            let isInner = index > 0 && index < stages.count - 1
            let count = isInner ? Int((variant.scale.depth * Double(repeats)).rounded(.up)) : repeats
            let width = Self.rounded(outputs, width: variant.scale.width)
            for position in 0..<count {
                blocks.append(
                    Block(
                        inputs: channels, outputs: width, kernel: kernel, stride: position == 0 ? stride : 1,
                        expansion: expansion))
                channels = width
            }
        }
        self.blocks = blocks
    }

    /// Places on a side of the last map of a picture: the stem and every stride of two halve it, rounded up.
    func side(ofPicture size: Int) -> Int {
        blocks.reduce((size + 1) / 2) { ($0 + $1.stride - 1) / $1.stride }
    }

    /// Scales a channel count to a multiple of 8 that loses at most a tenth.
    private static func rounded(_ channels: Int, width: Double) -> Int {
        let scaled = Double(channels) * width
        let nearest = max(8, Int(scaled + 4) / 8 * 8)
        return Double(nearest) < 0.9 * scaled ? nearest + 8 : nearest
    }
}
