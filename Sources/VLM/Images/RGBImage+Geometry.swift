extension RGBImage {
    /// The picture mirrored left to right.
    public func flippedHorizontally() -> RGBImage {
        let right = width - 1
        return remapped(width: width, height: height) { x, y in (right - x, y) }
    }

    /// The part of the picture inside the rectangle, which must lie within it and be no smaller than 1 x 1.
    public func cropped(x left: Int, y top: Int, width newWidth: Int, height newHeight: Int) -> RGBImage {
        precondition(
            left >= 0 && top >= 0 && newWidth > 0 && newHeight > 0 && left + newWidth <= width
                && top + newHeight <= height,
            "a crop of \(newWidth) x \(newHeight) at (\(left), \(top)) leaves a picture of \(width) x \(height)")
        return remapped(width: newWidth, height: newHeight) { x, y in (left + x, top + y) }
    }

    /// The picture turned counter-clockwise about its centre, in a frame of the same size: nearest pixel, black where
    /// there was none. Equal to Pillow's `Image.rotate` in its 16.16 fixed point (sides below 32 768).
    public func rotated(degrees: Double) -> RGBImage {
        let turn = degrees.truncatingRemainder(dividingBy: 360)
        if turn == 0 { return self }
        let (right, bottom) = (width - 1, height - 1)
        if abs(turn) == 180 { return remapped(width: width, height: height) { x, y in (right - x, bottom - y) } }
        let matrix = RotationMatrix(degrees: turn, width: width, height: height)
        let (sourceWidth, sourceHeight) = (width, height)
        return remapped(width: width, height: height) { x, y in
            let fromX = (matrix.originX + x * matrix.xx + y * matrix.xy) >> 16
            let fromY = (matrix.originY + x * matrix.yx + y * matrix.yy) >> 16
            guard fromX >= 0, fromX < sourceWidth, fromY >= 0, fromY < sourceHeight else { return nil }
            return (fromX, fromY)
        }
    }

    /// A picture whose pixel (x, y) is this one's at `origin(x, y)`, black where that is nil.
    func remapped(width newWidth: Int, height newHeight: Int, _ origin: (Int, Int) -> (x: Int, y: Int)?) -> RGBImage {
        let pixels = pixels.withUnsafeBufferPointer { source in
            [UInt8](unsafeUninitializedCapacity: newWidth * newHeight * 3) { target, count in
                for y in 0..<newHeight {
                    for x in 0..<newWidth {
                        let to = (y * newWidth + x) * 3
                        if let from = origin(x, y) {
                            let at = (from.y * width + from.x) * 3
                            for channel in 0..<3 { target[to + channel] = source[at + channel] }
                        } else {
                            for channel in 0..<3 { target[to + channel] = 0 }
                        }
                    }
                }
                count = newWidth * newHeight * 3
            }
        }
        return RGBImage(width: newWidth, height: newHeight, pixels: pixels)
    }
}
