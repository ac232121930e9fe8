import Foundations
import Rules
import VLM

/// A photo that passed the checks.
struct CheckedPhoto: Sendable {
    let name: String
    let digest: String
    let image: RGBImage
    /// What views are made of.
    let viewSource: RGBImage
    let captions: [String]
    let features: ImageFeatures
    /// The person's face; nil for objects.
    var face: Face?
}

/// All photos an enrollment goes on with, and what they show.
struct CheckedPhotos: Sendable {
    let kind: ConceptKind
    let photos: [CheckedPhoto]
}

extension Enroller {
    /// Centred features of two photos above this cosine are the same shot twice.
    static let sameShot: Float = 0.998

    /// Decodes and checks all photos and finds out whether they show a person. Files given twice, small pictures and
    /// faces that cannot be told apart are errors that name the photo; near-identical, blurred and odd ones are left
    /// out with a note that says why.
    func checkedPhotos(_ request: EnrollmentRequest, note: @Sendable (String) -> Void) async throws -> CheckedPhotos {
        try RuleError.told(as: RuntimeError.init) { () throws(RuleError) in
            try PhotoRules.checkCount(request.photos.count)
        }
        if request.kind == .person, faces == nil { throw Self.noFaces }
        var photos = withoutTwins(try await decodedPhotos(request), note: note)
        photos = withoutBlurred(photos, note: note)
        guard request.kind != .object, faces != nil else {
            return CheckedPhotos(kind: .object, photos: withoutOddOnes(photos, note: note))
        }
        var found: [[Face]] = []
        for photo in photos { found.append(try await foundFaces(in: photo.image)) }
        let isPerson = request.kind == .person || takesForPerson(request, faces: found)
        if request.kind == nil {
            note(
                isPerson
                    ? "taken for a person: one face is in every photo; say that it is an object if the thing is meant"
                    : "taken for a thing: say that it is a person if somebody is meant")
        }
        guard isPerson else { return CheckedPhotos(kind: .object, photos: withoutOddOnes(photos, note: note)) }
        let faces = try PersonPhotos.faces(of: zip(photos, found).map { (name: $0.name, faces: $1) })
        let odd = Set(PersonPhotos.oddOnes(faces))
        for index in odd.sorted() {
            note("\(photos[index].name) shows another person than the other photos and was left out")
        }
        for index in photos.indices { photos[index].face = faces[index] }
        return CheckedPhotos(kind: .person, photos: photos.indices.filter { !odd.contains($0) }.map { photos[$0] })
    }

    private func decodedPhotos(_ request: EnrollmentRequest) async throws -> [CheckedPhoto] {
        var seen: [String: String] = [:]
        var photos: [CheckedPhoto] = []
        for photo in request.photos {
            try Task.checkCancellation()
            let digest = SHA256Digest.hex(photo.bytes)
            if let other = seen[digest] { throw RuntimeError(PhotoRules.twins(photo.name, other)) }
            seen[digest] = photo.name
            let image: RGBImage
            do {
                image = try await pictures.run(.training) { [decodeImage] in try decodeImage(photo.bytes) }
            } catch let error as VLMError {
                throw RuntimeError(.invalidArgument, "\(photo.name): \(error.message)", cause: error)
            }
            try RuleError.told(as: RuntimeError.init) { () throws(RuleError) in
                try PhotoRules.checkSides(width: image.width, height: image.height, name: photo.name)
            }
            let features = try await compute.run(.training) { [model] in try model.features(of: image) }
            let viewSource = try await pictures.run(.training) { PictureViews.source(image) }
            photos.append(
                CheckedPhoto(
                    name: photo.name, digest: digest, image: image, viewSource: viewSource, captions: photo.captions,
                    features: features))
        }
        return photos
    }

    private func withoutTwins(_ photos: [CheckedPhoto], note: (String) -> Void) -> [CheckedPhoto] {
        var kept: [(photo: CheckedPhoto, direction: [Float])] = []
        for photo in photos {
            let direction = likeness.direction(of: photo.features.pooled).unit
            if let twin = kept.first(where: { DotProduct.of($0.direction, direction) >= Self.sameShot }) {
                note("\(photo.name) is nearly the same as \(twin.photo.name) and was left out")
            } else {
                kept.append((photo, direction))
            }
        }
        return kept.map(\.photo)
    }

    /// Where every photo is blurred they are all there is: a smooth thing may have no edges.
    private func withoutBlurred(_ photos: [CheckedPhoto], note: (String) -> Void) -> [CheckedPhoto] {
        let sharp = photos.filter { PhotoChecks.sharpness(of: $0.image) >= PhotoChecks.minimumSharpness }
        let kept = Set(sharp.map(\.digest))
        for photo in photos where !kept.contains(photo.digest) {
            note(
                sharp.isEmpty
                    ? "\(photo.name) is blurred: a sharper photo would be known better"
                    : "\(photo.name) is blurred and was left out")
        }
        return sharp.isEmpty ? photos : sharp
    }

    private func withoutOddOnes(_ photos: [CheckedPhoto], note: (String) -> Void) -> [CheckedPhoto] {
        let directions = photos.map { likeness.direction(of: $0.features.pooled).unit }
        let odd = PhotoChecks.oddOnes(directions)
        for (index, likeness) in odd {
            let percent = Int((max(likeness, 0) * 100).rounded())
            note("\(photos[index].name) looks like none of the other photos (likeness \(percent) %) and was left out")
        }
        if photos.count == 2, DotProduct.of(directions[0], directions[1]) < PhotoChecks.minimumLikeness {
            note(
                "\(photos[0].name) and \(photos[1].name) have little in common: if one shows something else, enroll "
                    + "again without it")
        }
        let left = Set(odd.map(\.index))
        return photos.indices.filter { !left.contains($0) }.map { photos[$0] }
    }

    private func foundFaces(in image: RGBImage) async throws -> [Face] {
        guard let faces else { return [] }
        return try await pictures.run(.training) { try faces.faces(in: image) }
    }

    /// A class noun that was given decides; else one person in every photo.
    private func takesForPerson(_ request: EnrollmentRequest, faces: [[Face]]) -> Bool {
        if let noun = request.classNoun, !noun.isEmpty { return People.nouns.contains(noun.lowercased()) }
        return PersonPhotos.showOnePerson(faces)
    }
}

/// Words for people.
enum People {
    static let nouns = ["man", "woman", "boy", "girl", "person", "child", "baby", "lady", "guy"]

    /// The word captions use most for the person they describe; "person" where they use none.
    static func noun(in captions: [String]) -> String {
        let words = captions.flatMap { $0.lowercased().split { !$0.isLetter }.map(String.init) }
        let counts = ["man", "woman", "boy", "girl"].map { noun in (noun, words.count { $0 == noun }) }
        let most = counts.map(\.1).max() ?? 0
        return most > 0 ? counts.first { $0.1 == most }?.0 ?? "person" : "person"
    }
}
