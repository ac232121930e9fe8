package import VLM

/// What can be told of photos before anything is learned from them. The limits were set on the development things of
/// Docs/splits.md and on photos blurred on purpose.
package enum PhotoChecks {
    /// Photos whose sharpest part is below this are blurred. Of 32 photos the softest had 226; blurred by 0.8 % of
    /// their longer side, none had more than 32.
    package static let minimumSharpness = 60.0
    /// A photo less like all others than this shows something else. Photos of one thing had a neighbour at 0.40 or
    /// nearer, photos of other things none above 0.22.
    package static let minimumLikeness: Float = 0.25
    /// The others must be at least this like each other before one is called odd.
    package static let agreement: Float = 0.35

    /// Variance of the Laplacian of the brightness in the sharpest of 4 x 4 parts, at 256 pixels on the longer side: a
    /// sharp thing on a soft ground counts as sharp.
    package static func sharpness(of image: RGBImage) -> Double {
        let longer = max(image.width, image.height)
        let small =
            longer > 256
            ? image.resized(
                width: max(4, image.width * 256 / longer), height: max(4, image.height * 256 / longer)) : image
        let (width, height) = (small.width, small.height)
        guard width > 8, height > 8 else { return 0 }
        let grey = (0..<width * height).map { pixel -> Double in
            let red = Double(small.pixels[pixel * 3])
            let green = Double(small.pixels[pixel * 3 + 1])
            let blue = Double(small.pixels[pixel * 3 + 2])
            return 0.299 * red + 0.587 * green + 0.114 * blue
        }
        var best = 0.0
        for part in 0..<16 {
            let columns = range(part % 4, of: width)
            let rows = range(part / 4, of: height)
            var (sum, squares, count) = (0.0, 0.0, 0.0)
            for y in rows {
                for x in columns {
                    let at = y * width + x
                    let around = grey[at - 1] + grey[at + 1] + grey[at - width] + grey[at + width]
                    let value = 4 * grey[at] - around
                    (sum, squares, count) = (sum + value, squares + value * value, count + 1)
                }
            }
            if count > 0 { best = max(best, squares / count - (sum / count) * (sum / count)) }
        }
        return best
    }

    /// The inner positions of one of four parts of a side.
    private static func range(_ part: Int, of side: Int) -> Range<Int> {
        let inner = side - 2
        return 1 + part * inner / 4..<1 + (part + 1) * inner / 4
    }

    /// The photos that show something else than the others, with how like the nearest other they are; `directions` are
    /// unit features of the photos. Of two photos nobody can say which is the odd one: none is.
    package static func oddOnes(_ directions: [[Float]]) -> [(index: Int, likeness: Float)] {
        guard directions.count > 2 else { return [] }
        let nearest = directions.indices.map { index -> Float in
            let others = directions.indices.filter { $0 != index }
            return others.map { DotProduct.of(directions[$0], directions[index]) }.max() ?? 1
        }
        let odd = directions.indices.filter { nearest[$0] < minimumLikeness }
        // Unless most photos hold together there is nothing to be odd against.
        let together = directions.indices.count { nearest[$0] >= agreement }
        return together > odd.count ? odd.map { ($0, nearest[$0]) } : []
    }
}

/// Which face of each photo is the person's (MyVLM, `filter_out_other_people_embeddings`).
package enum PersonPhotos {
    /// The face of each photo. Photos with one face say who it is; of several faces the one that is near enough to
    /// such a face is taken. Throws `faceCount` naming the photo where none or more than one is.
    package static func faces(of photos: [(name: String, faces: [Face])]) throws -> [Face] {
        let alone = photos.filter { $0.faces.count == 1 }.flatMap(\.faces)
        return try photos.map { photo in
            if photo.faces.isEmpty {
                throw RuntimeError(
                    .faceCount,
                    "no face was found in \(photo.name): take one where the face is larger and looks at the camera")
            }
            if photo.faces.count == 1 { return photo.faces[0] }
            guard !alone.isEmpty else {
                throw RuntimeError(
                    .faceCount,
                    "\(photo.faces.count) faces were found in \(photo.name) and no photo shows this person alone: add "
                        + "one that does")
            }
            let same = photo.faces.filter { face in
                alone.contains { distance($0, face) <= PersonHead.threshold }
            }
            guard same.count == 1 else {
                throw RuntimeError(
                    .faceCount,
                    "\(photo.faces.count) faces were found in \(photo.name) and "
                        + (same.isEmpty ? "none" : "\(same.count) of them")
                        + " look\(same.isEmpty ? "s" : "") like the other photos: take one with this person alone")
            }
            return same[0]
        }
    }

    /// The photos whose face is nobody else's: farther from every other than one person's photos lie apart. Of two
    /// photos nobody can say which is the odd one.
    package static func oddOnes(_ faces: [Face]) -> [Int] {
        guard faces.count > 2 else { return [] }
        let odd = faces.indices.filter { index in
            faces.indices.allSatisfy { $0 == index || distance(faces[$0], faces[index]) > PersonHead.threshold }
        }
        return odd.count * 2 < faces.count ? odd : []
    }

    /// Whether every photo shows a face and one person is in them all: then a concept of unknown kind is a person.
    package static func showOnePerson(_ photos: [[Face]]) -> Bool {
        guard let first = photos.first, !first.isEmpty else { return false }
        return first.contains { candidate in
            photos.dropFirst().allSatisfy { faces in
                faces.contains { distance($0, candidate) <= PersonHead.threshold }
            }
        }
    }

    private static func distance(_ one: Face, _ other: Face) -> Float {
        zip(one.descriptor, other.descriptor).reduce(Float(0)) { sum, pair in
            sum + (pair.0 - pair.1) * (pair.0 - pair.1)
        }.squareRoot()
    }
}
