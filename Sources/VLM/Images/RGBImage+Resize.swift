internal import Compute

extension RGBImage {
    /// The whole picture at another size, antialiased: Pillow's `Image.resize((width, height), filter)`, to the bit.
    ///
    /// Two passes, each rounded to 8 bits; when reducing, the filter widens with the scale.
    public func resized(width newWidth: Int, height newHeight: Int, filter: ResampleFilter = .bilinear) -> RGBImage {
        precondition(newWidth > 0 && newHeight > 0, "a picture of \(newWidth) x \(newHeight) has no pixels")
        if filter == .nearest { return nearest(width: newWidth, height: newHeight) }
        // The order decides the rounding between the passes; this rule is Pillow's since version 13.
        let verticalFirst = newHeight < height && height - newHeight > 2 * (width - newWidth)
        let first = verticalFirst ? scaledVertically(to: newHeight, filter) : scaledHorizontally(to: newWidth, filter)
        return verticalFirst
            ? first.scaledHorizontally(to: newWidth, filter) : first.scaledVertically(to: newHeight, filter)
    }

    private func nearest(width newWidth: Int, height newHeight: Int) -> RGBImage {
        let (scaleX, scaleY) = (Double(width) / Double(newWidth), Double(height) / Double(newHeight))
        let (right, bottom) = (width - 1, height - 1)
        return remapped(width: newWidth, height: newHeight) { x, y in
            (min(Int((Double(x) + 0.5) * scaleX), right), min(Int((Double(y) + 0.5) * scaleY), bottom))
        }
    }

    private func scaledHorizontally(to newWidth: Int, _ filter: ResampleFilter) -> RGBImage {
        if newWidth == width { return self }
        let pass = ResamplePass(from: width, to: newWidth, filter: filter)
        let pixels = pixels.withUnsafeBufferPointer { source in
            pass.weights.withUnsafeBufferPointer { weights in
                [UInt8](unsafeUninitializedCapacity: newWidth * height * 3) { target, count in
                    for y in 0..<height {
                        if y % 64 == 0 { Pause.point() }
                        for x in 0..<newWidth {
                            let taps = pass.taps[x]
                            var (red, green, blue) = (ResamplePass.half, ResamplePass.half, ResamplePass.half)
                            var at = (y * width + taps.first) * 3
                            for k in taps.weights..<(taps.weights + taps.count) {
                                let weight = weights[k]
                                red &+= Int32(source[at]) &* weight
                                green &+= Int32(source[at + 1]) &* weight
                                blue &+= Int32(source[at + 2]) &* weight
                                at += 3
                            }
                            let to = (y * newWidth + x) * 3
                            target[to] = ResamplePass.level(red)
                            target[to + 1] = ResamplePass.level(green)
                            target[to + 2] = ResamplePass.level(blue)
                        }
                    }
                    count = newWidth * height * 3
                }
            }
        }
        return RGBImage(width: newWidth, height: height, pixels: pixels)
    }

    private func scaledVertically(to newHeight: Int, _ filter: ResampleFilter) -> RGBImage {
        if newHeight == height { return self }
        let pass = ResamplePass(from: height, to: newHeight, filter: filter)
        let stride = width * 3
        var sums = [Int32](repeating: 0, count: stride)
        let pixels = pixels.withUnsafeBufferPointer { source in
            sums.withUnsafeMutableBufferPointer { sums in
                [UInt8](unsafeUninitializedCapacity: stride * newHeight) { target, count in
                    for y in 0..<newHeight {
                        if y % 64 == 0 { Pause.point() }
                        let taps = pass.taps[y]
                        sums.update(repeating: ResamplePass.half)
                        for k in 0..<taps.count {
                            let weight = pass.weights[taps.weights + k]
                            let row = (taps.first + k) * stride
                            for x in 0..<stride { sums[x] &+= Int32(source[row + x]) &* weight }
                        }
                        for x in 0..<stride { target[y * stride + x] = ResamplePass.level(sums[x]) }
                    }
                    count = stride * newHeight
                }
            }
        }
        return RGBImage(width: width, height: newHeight, pixels: pixels)
    }
}
