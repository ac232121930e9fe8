import Runtime
import Testing
import VLM

/// Squares of two greys, `cell` pixels a side.
private func board(width: Int, height: Int, cell: Int, from dark: UInt8 = 60, to light: UInt8 = 200) -> RGBImage {
    var pixels: [UInt8] = []
    for y in 0..<height {
        for x in 0..<width {
            let value = (x / cell + y / cell) % 2 == 0 ? dark : light
            pixels += [value, value, value]
        }
    }
    return RGBImage(width: width, height: height, pixels: pixels)
}

@Test(.timeLimit(.minutes(10))) func blurIsSeenWhereNothingIsSharp() {
    let sharp = board(width: 300, height: 200, cell: 25)
    #expect(PhotoChecks.sharpness(of: sharp) > 10 * PhotoChecks.minimumSharpness)
    // Down to a thirtieth and up again: no edge is left.
    let blurred = sharp.resized(width: 10, height: 7).resized(width: 300, height: 200)
    #expect(PhotoChecks.sharpness(of: blurred) < PhotoChecks.minimumSharpness)
    // A sharp corner on a soft ground is a sharp photo.
    var pixels = blurred.pixels
    for y in 0..<50 {
        for x in 0..<75 {
            for channel in 0..<3 { pixels[(y * 300 + x) * 3 + channel] = sharp.pixels[(y * 300 + x) * 3] }
        }
    }
    #expect(
        PhotoChecks.sharpness(of: RGBImage(width: 300, height: 200, pixels: pixels)) > PhotoChecks.minimumSharpness)
    #expect(PhotoChecks.sharpness(of: board(width: 300, height: 200, cell: 400)) == 0, "an empty wall shows nothing")
}

@Test(.timeLimit(.minutes(10))) func theOddOneIsTheOneUnlikeAllOthers() {
    let one: [Float] = [1, 0, 0]
    let like: [Float] = [0.8, 0.6, 0]
    let other: [Float] = [0, 0, 1]
    let odd = PhotoChecks.oddOnes([one, like, other, one])
    #expect(odd.map(\.index) == [2])
    #expect(odd.first?.likeness == 0)
    #expect(PhotoChecks.oddOnes([one, other]).isEmpty, "of two nobody can say which is odd")
    #expect(PhotoChecks.oddOnes([one, other, [0, 1, 0]]).isEmpty, "three that differ have no majority")
    #expect(PhotoChecks.oddOnes([one, like, [0.3, 0, 0.95]]).isEmpty, "not unlike enough")
}

private func face(_ direction: Int, _ shift: Float = 0) -> Face {
    var descriptor = [Float](repeating: 0, count: 128)
    descriptor[direction] = 1
    descriptor[127] = shift
    return Face(box: PictureBox(x: 0, y: 0, width: 10, height: 10), descriptor: descriptor)
}

@Test(.timeLimit(.minutes(10))) func otherPeopleAreLeftOut() throws {
    let faces = try PersonPhotos.faces(of: [
        (name: "alone.jpg", faces: [face(0)]), (name: "two.jpg", faces: [face(1), face(0, 0.3)]),
    ])
    #expect(faces == [face(0), face(0, 0.3)])
    func message(_ photos: [(name: String, faces: [Face])]) -> String {
        do {
            _ = try PersonPhotos.faces(of: photos)
            return ""
        } catch let error as RuntimeError {
            return error.code == .faceCount ? error.message : "another code"
        } catch {
            return "another error"
        }
    }
    #expect(message([(name: "empty.jpg", faces: [])]).contains("no face was found in empty.jpg"))
    #expect(message([(name: "two.jpg", faces: [face(0), face(1)])]).contains("no photo shows this person alone"))
    let strangers = message([(name: "a.jpg", faces: [face(0)]), (name: "two.jpg", faces: [face(1), face(2)])])
    #expect(strangers.contains("two.jpg") && strangers.contains("none looks like"))
    let twins = message([(name: "a.jpg", faces: [face(0)]), (name: "two.jpg", faces: [face(0, 0.1), face(0, 0.2)])])
    #expect(twins.contains("2 of them look like"))
}

@Test(.timeLimit(.minutes(10))) func aStrangerAmongPhotosOfOnePersonIsFound() {
    #expect(PersonPhotos.oddOnes([face(0), face(0, 0.2), face(3)]) == [2])
    #expect(PersonPhotos.oddOnes([face(0), face(3)]).isEmpty)
    #expect(PersonPhotos.oddOnes([face(0), face(1), face(2)]).isEmpty, "no majority, no stranger")
}

@Test(.timeLimit(.minutes(10))) func onePersonInEveryPhotoIsAPerson() {
    #expect(PersonPhotos.showOnePerson([[face(0)], [face(1), face(0, 0.2)]]))
    #expect(!PersonPhotos.showOnePerson([[face(0)], []]), "a thing that somebody holds once")
    #expect(!PersonPhotos.showOnePerson([[face(0)], [face(1)]]), "a thing that several people hold")
    #expect(!PersonPhotos.showOnePerson([]))
}
