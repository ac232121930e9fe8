extension RGBImage {
    /// The whole picture at another size, by an antialiased triangle filter: Pillow's
    /// `Image.resize((width, height), BILINEAR)`, to the bit.
    ///
    /// Two passes, horizontal first, each rounded to 8 bits; when reducing, the filter widens with the scale.
    public func resized(width newWidth: Int, height newHeight: Int) -> RGBImage {
        precondition(newWidth > 0 && newHeight > 0, "a picture of \(newWidth) x \(newHeight) has no pixels")
        let wide = newWidth == width ? self : scaledHorizontally(to: newWidth)
        return newHeight == height ? wide : wide.scaledVertically(to: newHeight)
    }

    private func scaledHorizontally(to newWidth: Int) -> RGBImage {
        let filter = TriangleFilter(from: width, to: newWidth)
        let pixels = pixels.withUnsafeBufferPointer { source in
            filter.weights.withUnsafeBufferPointer { weights in
                [UInt8](unsafeUninitializedCapacity: newWidth * height * 3) { target, count in
                    for y in 0..<height {
                        for x in 0..<newWidth {
                            let taps = filter.taps[x]
                            var (red, green, blue) = (TriangleFilter.half, TriangleFilter.half, TriangleFilter.half)
                            var at = (y * width + taps.first) * 3
                            for k in taps.weights..<(taps.weights + taps.count) {
                                let weight = weights[k]
                                red &+= Int32(source[at]) &* weight
                                green &+= Int32(source[at + 1]) &* weight
                                blue &+= Int32(source[at + 2]) &* weight
                                at += 3
                            }
                            let to = (y * newWidth + x) * 3
                            target[to] = TriangleFilter.level(red)
                            target[to + 1] = TriangleFilter.level(green)
                            target[to + 2] = TriangleFilter.level(blue)
                        }
                    }
                    count = newWidth * height * 3
                }
            }
        }
        return RGBImage(width: newWidth, height: height, pixels: pixels)
    }

    private func scaledVertically(to newHeight: Int) -> RGBImage {
        let filter = TriangleFilter(from: height, to: newHeight)
        let stride = width * 3
        var sums = [Int32](repeating: 0, count: stride)
        let pixels = pixels.withUnsafeBufferPointer { source in
            sums.withUnsafeMutableBufferPointer { sums in
                [UInt8](unsafeUninitializedCapacity: stride * newHeight) { target, count in
                    for y in 0..<newHeight {
                        let taps = filter.taps[y]
                        sums.update(repeating: TriangleFilter.half)
                        for k in 0..<taps.count {
                            let weight = filter.weights[taps.weights + k]
                            let row = (taps.first + k) * stride
                            for x in 0..<stride { sums[x] &+= Int32(source[row + x]) &* weight }
                        }
                        for x in 0..<stride { target[y * stride + x] = TriangleFilter.level(sums[x]) }
                    }
                    count = stride * newHeight
                }
            }
        }
        return RGBImage(width: width, height: newHeight, pixels: pixels)
    }
}

/// The weights of one resampling pass in Pillow's 22-bit fixed point.
private struct TriangleFilter {
    /// Bits behind the point: 32 less the 8 of a level and 2 to spare.
    static let precision: Int32 = 22
    /// One half, so that dropping the bits rounds.
    static let half: Int32 = 1 << (precision - 1)

    /// Of each output position: the first input it reads, how many, and where their weights begin.
    let taps: [(first: Int, count: Int, weights: Int)]
    let weights: [Int32]

    init(from size: Int, to newSize: Int) {
        let scale = Double(size) / Double(newSize)
        let support = max(scale, 1)
        var taps: [(first: Int, count: Int, weights: Int)] = []
        var all: [Int32] = []
        for position in 0..<newSize {
            let centre = (Double(position) + 0.5) * scale
            let first = max(Int(centre - support + 0.5), 0)
            let last = min(Int(centre + support + 0.5), size)
            let raw = (first..<last).map { max(1 - abs((Double($0) - centre + 0.5) / support), 0) }
            let total = raw.reduce(0, +)
            taps.append((first, raw.count, all.count))
            all += raw.map { weight in
                Int32((total == 0 ? weight : weight / total) * Double(1 << Self.precision) + 0.5)
            }
        }
        self.taps = taps
        weights = all
    }

    @inline(__always)
    static func level(_ sum: Int32) -> UInt8 { UInt8(clamping: sum >> precision) }
}
