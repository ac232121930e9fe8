internal import Compute

/// A picture, alone or in the middle of a frame of one colour, that is to be resized.
///
/// Only what a window of the resized picture shows is ever computed, to the bit what resizing the whole frame and
/// cropping gives: neither a frame nor a resize makes a picture whose size the shape of another one decides.
struct FramedPicture {
    let image: RGBImage
    /// Of the frame.
    let width: Int
    let height: Int
    /// Where the picture stands in the frame.
    private let left: Int
    private let top: Int
    private let colour: [UInt8]

    /// A picture alone.
    init(_ image: RGBImage) { self.init(image, width: image.width, height: image.height, colour: [0, 0, 0]) }

    /// A picture in the middle of a frame that holds it.
    init(_ image: RGBImage, width: Int, height: Int, colour: [UInt8]) {
        precondition(
            width >= image.width && height >= image.height && colour.count == 3, "a frame smaller than its picture")
        self.image = image
        self.width = width
        self.height = height
        self.colour = colour
        left = (width - image.width) / 2
        top = (height - image.height) / 2
    }

    /// The size at which the shorter side has `edge` pixels; the longer one is rounded down.
    static func size(
        of frame: (width: Int, height: Int), shortestEdge edge: Int
    ) -> (width: Int, height: Int) {
        let long = edge * max(frame.width, frame.height) / min(frame.width, frame.height)
        return frame.width <= frame.height ? (edge, long) : (long, edge)
    }

    /// Where a window in the middle begins: floor(rest / 2) inside of what is larger, ceil(missing / 2) before what is
    /// smaller.
    static func start(_ size: Int, centre wanted: Int) -> Int {
        size >= wanted ? (size - wanted) / 2 : -((wanted - size + 1) / 2)
    }

    /// The whole at another size.
    func resized(width newWidth: Int, height newHeight: Int, filter: ResampleFilter) -> RGBImage {
        resized(width: newWidth, height: newHeight, filter: filter, columns: 0..<newWidth, rows: 0..<newHeight)
    }

    /// The middle of the resized picture, black where that is too small. An odd rest leaves the extra pixel right and
    /// below, as transformers' `center_crop` does.
    func resized(
        width newWidth: Int, height newHeight: Int, filter: ResampleFilter, centre: (width: Int, height: Int)
    ) -> RGBImage {
        let (x, y) = (Self.start(newWidth, centre: centre.width), Self.start(newHeight, centre: centre.height))
        let seen = resized(
            width: newWidth, height: newHeight, filter: filter,
            columns: max(x, 0)..<min(x + centre.width, newWidth), rows: max(y, 0)..<min(y + centre.height, newHeight))
        if seen.width == centre.width, seen.height == centre.height { return seen }
        return seen.placed(x: max(-x, 0), y: max(-y, 0), width: centre.width, height: centre.height)
    }

    /// A window of the frame resized to `newWidth` x `newHeight`: Pillow's `Image.resize`, in two passes, each rounded
    /// to 8 bits; when reducing, the filter widens with the scale.
    private func resized(
        width newWidth: Int, height newHeight: Int, filter: ResampleFilter, columns: Range<Int>, rows: Range<Int>
    ) -> RGBImage {
        if filter == .nearest { return nearest(width: newWidth, height: newHeight, columns: columns, rows: rows) }
        let across = ResamplePass(from: width, to: newWidth, filter: filter, positions: columns)
        let down = ResamplePass(from: height, to: newHeight, filter: filter, positions: rows)
        let source = PictureRows(
            pixels: image.pixels, width: image.width, height: image.height, left: left, top: top)
        // The order decides the rounding between the passes; this rule is Pillow's since version 13.
        let result: [UInt8]
        if newHeight < height && height - newHeight > 2 * (width - newWidth) {
            let beside = down.constant(colour)
            let first = source.vertically(down, beside: colour, only: across.reach)
            result = first.horizontally(across, beside: beside).pixels
        } else {
            let beside = across.constant(colour)
            let first = source.horizontally(across, beside: colour, only: down.reach)
            result = first.vertically(down, beside: beside).pixels
        }
        return RGBImage(width: columns.count, height: rows.count, pixels: result)
    }

    private func nearest(width newWidth: Int, height newHeight: Int, columns: Range<Int>, rows: Range<Int>) -> RGBImage
    {
        /// Pillow adds the step to the place before, which rounds otherwise than a product does.
        func places(_ size: Int, _ newSize: Int, _ wanted: Range<Int>) -> [Int] {
            let step = Double(size) / Double(newSize)
            var place = step * 0.5
            return (0..<wanted.upperBound).map { _ in
                defer { place += step }
                return min(Int(place), size - 1)
            }.suffix(wanted.count)
        }
        let xs = places(width, newWidth, columns).map { $0 - left }
        let ys = places(height, newHeight, rows).map { $0 - top }
        var pixels: [UInt8] = []
        pixels.reserveCapacity(columns.count * rows.count * 3)
        for y in ys {
            for x in xs {
                if (0..<image.width).contains(x), (0..<image.height).contains(y) {
                    let at = (y * image.width + x) * 3
                    pixels += image.pixels[at..<at + 3]
                } else {
                    pixels += colour
                }
            }
        }
        return RGBImage(width: columns.count, height: rows.count, pixels: pixels)
    }
}

/// Some pixels of a frame between the two passes of a resize.
private struct PictureRows {
    let pixels: [UInt8]
    let width: Int
    let height: Int
    /// Where they stand in the frame.
    let left: Int
    let top: Int

    /// The rows of the frame that lie in a range, resampled; `beside` is what stands left and right of the pixels, one
    /// colour for all rows or one for each.
    func horizontally(_ pass: ResamplePass, beside: [UInt8], only range: Range<Int>? = nil) -> PictureRows {
        let own = (range ?? top..<top + height).clamped(to: top..<top + height)
        let spans = pass.taps.map { pass.span(of: $0, inside: left..<left + width) }
        let made = spans.count
        let perRow = beside.count == 3 ? 0 : 3
        let result = pixels.withUnsafeBufferPointer { source in
            pass.weights.withUnsafeBufferPointer { weights in
                [UInt8](unsafeUninitializedCapacity: made * own.count * 3) { target, count in
                    for row in 0..<own.count {
                        if row % 64 == 0 { Pause.point() }
                        let line = (own.lowerBound - top + row) * width
                        let colour = row * perRow
                        for x in 0..<made {
                            let span = spans[x]
                            var (red, green, blue) = (ResamplePass.half, ResamplePass.half, ResamplePass.half)
                            if span.outside != 0 {
                                red &+= Int32(beside[colour]) &* span.outside
                                green &+= Int32(beside[colour + 1]) &* span.outside
                                blue &+= Int32(beside[colour + 2]) &* span.outside
                            }
                            var at = (line + span.first) * 3
                            for k in span.weights..<(span.weights + span.count) {
                                let weight = weights[k]
                                red &+= Int32(source[at]) &* weight
                                green &+= Int32(source[at + 1]) &* weight
                                blue &+= Int32(source[at + 2]) &* weight
                                at += 3
                            }
                            let to = (row * made + x) * 3
                            target[to] = ResamplePass.level(red)
                            target[to + 1] = ResamplePass.level(green)
                            target[to + 2] = ResamplePass.level(blue)
                        }
                    }
                    count = made * own.count * 3
                }
            }
        }
        return PictureRows(pixels: result, width: made, height: own.count, left: 0, top: own.lowerBound)
    }

    /// The columns of the frame that lie in a range, resampled; `beside` is what stands above and below the pixels.
    func vertically(_ pass: ResamplePass, beside: [UInt8], only range: Range<Int>? = nil) -> PictureRows {
        let own = (range ?? left..<left + width).clamped(to: left..<left + width)
        let spans = pass.taps.map { pass.span(of: $0, inside: top..<top + height) }
        let made = own.count * 3
        let perColumn = beside.count == 3 ? 0 : 1
        var sums = [Int32](repeating: 0, count: made)
        let result = pixels.withUnsafeBufferPointer { source in
            sums.withUnsafeMutableBufferPointer { sums in
                [UInt8](unsafeUninitializedCapacity: made * spans.count) { target, count in
                    for (y, span) in spans.enumerated() {
                        if y % 64 == 0 { Pause.point() }
                        sums.update(repeating: ResamplePass.half)
                        if span.outside != 0 {
                            for x in 0..<made {
                                sums[x] &+= Int32(beside[perColumn == 0 ? x % 3 : x]) &* span.outside
                            }
                        }
                        for k in 0..<span.count {
                            let weight = pass.weights[span.weights + k]
                            let row = ((span.first + k) * width + own.lowerBound - left) * 3
                            for x in 0..<made { sums[x] &+= Int32(source[row + x]) &* weight }
                        }
                        for x in 0..<made { target[y * made + x] = ResamplePass.level(sums[x]) }
                    }
                    count = made * spans.count
                }
            }
        }
        return PictureRows(pixels: result, width: own.count, height: spans.count, left: own.lowerBound, top: 0)
    }
}

extension RGBImage {
    /// The picture somewhere on a black one.
    fileprivate func placed(x: Int, y: Int, width newWidth: Int, height newHeight: Int) -> RGBImage {
        var canvas = [UInt8](repeating: 0, count: newWidth * newHeight * 3)
        for row in 0..<height {
            let (from, to) = (row * width * 3, ((y + row) * newWidth + x) * 3)
            canvas.replaceSubrange(to..<to + width * 3, with: pixels[from..<from + width * 3])
        }
        return RGBImage(width: newWidth, height: newHeight, pixels: canvas)
    }
}
