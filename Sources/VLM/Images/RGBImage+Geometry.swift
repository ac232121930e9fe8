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
}
