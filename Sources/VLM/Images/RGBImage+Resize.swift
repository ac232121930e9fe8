extension RGBImage {
    /// The whole picture at another size, antialiased: Pillow's `Image.resize((width, height), filter)`, to the bit.
    public func resized(width newWidth: Int, height newHeight: Int, filter: ResampleFilter = .bilinear) -> RGBImage {
        precondition(newWidth > 0 && newHeight > 0, "a picture of \(newWidth) x \(newHeight) has no pixels")
        if newWidth == width, newHeight == height { return self }
        return FramedPicture(self).resized(width: newWidth, height: newHeight, filter: filter)
    }
}
