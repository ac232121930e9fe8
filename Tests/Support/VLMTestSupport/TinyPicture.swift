import Foundations
public import VLM

/// Pictures for tests: a coloured disc on a plain ground.
public enum TinyPicture {
    /// A view of a thing, 40 x 30: the same `thing` keeps its colours, another `view` moves and dims it a little.
    public static func picture(of thing: UInt64, view: UInt64 = 0) -> RGBImage {
        var look = SplitMix64(seed: thing &* 0x2545_F491_4F6C_DD1D &+ 1)
        let ground = colour(&look)
        let disc = colour(&look)
        let radius = Double.random(in: 7...12, using: &look)
        var place = SplitMix64(seed: thing &* 31 &+ view)
        let (centreX, centreY) = (Double.random(in: 14...26, using: &place), Double.random(in: 11...19, using: &place))
        let light = Double.random(in: 0.85...1, using: &place)
        var pixels: [UInt8] = []
        for y in 0..<30 {
            for x in 0..<40 {
                let (dx, dy) = (Double(x) - centreX, Double(y) - centreY)
                let isInside = dx * dx + dy * dy < radius * radius
                pixels += (isInside ? disc : ground).map { UInt8(Double($0) * light) }
            }
        }
        return RGBImage(width: 40, height: 30, pixels: pixels)
    }

    private static func colour(_ generator: inout SplitMix64) -> [UInt8] {
        (0..<3).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }
}
