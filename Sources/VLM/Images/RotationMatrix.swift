internal import Foundation

/// Where a pixel of a turned picture comes from, in 16.16 fixed point: the inverse rotation about the centre.
struct RotationMatrix {
    let xx: Int
    let xy: Int
    let yx: Int
    let yy: Int
    let originX: Int
    let originY: Int

    init(degrees: Double, width: Int, height: Int) {
        let radians = -degrees * .pi / 180
        // Fifteen decimals, so that a right angle has an exact zero.
        func rounded(_ value: Double) -> Double { (value * 1e15).rounded(.toNearestOrEven) / 1e15 }
        let (cosine, sine, minusSine) = (rounded(cos(radians)), rounded(sin(radians)), rounded(-sin(radians)))
        let (centreX, centreY) = (Double(width) / 2, Double(height) / 2)
        let shiftX = cosine * -centreX + sine * -centreY + centreX
        let shiftY = minusSine * -centreX + cosine * -centreY + centreY
        func fixed(_ value: Double) -> Int { Int((value * 65536 + 0.5).rounded(.down)) }
        xx = fixed(cosine)
        xy = fixed(sine)
        yx = fixed(minusSine)
        yy = fixed(cosine)
        // A pixel's centre is half a pixel in.
        originX = fixed(shiftX + cosine * 0.5 + sine * 0.5)
        originY = fixed(shiftY + minusSine * 0.5 + cosine * 0.5)
    }
}
