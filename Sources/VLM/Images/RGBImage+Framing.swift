extension RGBImage {
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
