extension RGBImage {
    /// A picture whose pixel (x, y) is this one's at `origin(x, y)`, black where that is nil.
    package func remapped(
        width newWidth: Int, height newHeight: Int, _ origin: (Int, Int) -> (x: Int, y: Int)?
    ) -> RGBImage {
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
