extension RGBImage {
    /// The picture scaled so that its shorter side has `edge` pixels; the longer one is rounded down.
    func resized(shortestEdge edge: Int, filter: ResampleFilter) -> RGBImage {
        let long = edge * max(width, height) / min(width, height)
        return width <= height
            ? resized(width: edge, height: long, filter: filter) : resized(width: long, height: edge, filter: filter)
    }

    /// The middle of the picture, black where it is too small. An odd rest leaves the extra pixel right and below, as
    /// transformers' `center_crop` does.
    func centreCropped(width newWidth: Int, height newHeight: Int) -> RGBImage {
        // Where the crop begins in the picture: floor(rest / 2) inside, ceil(missing / 2) before it.
        func start(_ size: Int, _ wanted: Int) -> Int {
            size >= wanted ? (size - wanted) / 2 : -((wanted - size + 1) / 2)
        }
        let (left, top) = (start(width, newWidth), start(height, newHeight))
        let (sourceWidth, sourceHeight) = (width, height)
        return remapped(width: newWidth, height: newHeight) { x, y in
            let (fromX, fromY) = (x + left, y + top)
            return fromX >= 0 && fromX < sourceWidth && fromY >= 0 && fromY < sourceHeight ? (fromX, fromY) : nil
        }
    }

    /// The picture in the middle of a frame of one colour; the frame must hold it.
    func framed(width newWidth: Int, height newHeight: Int, colour: [UInt8]) -> RGBImage {
        precondition(newWidth >= width && newHeight >= height && colour.count == 3, "a frame smaller than its picture")
        let (left, top) = ((newWidth - width) / 2, (newHeight - height) / 2)
        var framed = [UInt8](repeating: 0, count: newWidth * newHeight * 3)
        for index in framed.indices { framed[index] = colour[index % 3] }
        for y in 0..<height {
            let from = y * width * 3
            let to = ((y + top) * newWidth + left) * 3
            framed.replaceSubrange(to..<to + width * 3, with: pixels[from..<from + width * 3])
        }
        return RGBImage(width: newWidth, height: newHeight, pixels: framed)
    }
}
