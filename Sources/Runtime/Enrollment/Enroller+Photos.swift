import VLM

/// A photo that passed the checks.
struct CheckedPhoto: Sendable {
    let name: String
    let digest: String
    let image: RGBImage
    let captions: [String]
    let features: ImageFeatures
    /// The one face, for persons.
    let face: Face?
}

extension Enroller {
    /// Centred features of two photos above this cosine are the same shot twice.
    static let sameShot: Float = 0.998

    /// Decodes and checks all photos; byte-equal ones are an error, near-identical ones are left out with a note.
    func checkedPhotos(
        _ request: EnrollmentRequest, note: @Sendable (String) -> Void
    ) async throws -> [CheckedPhoto] {
        guard !request.photos.isEmpty else {
            throw RuntimeError(.invalidArgument, "an enrollment needs at least one photo; four are good")
        }
        guard request.photos.count <= Self.maximumPhotos else {
            throw RuntimeError(
                .invalidArgument, "\(request.photos.count) photos are more than \(Self.maximumPhotos): leave some out")
        }
        if request.kind == .person, faces == nil {
            throw RuntimeError(.unavailable, "persons need the face models: run Scripts/setup on the server")
        }
        var seen: [String: String] = [:]
        var photos: [CheckedPhoto] = []
        for photo in request.photos {
            try Task.checkCancellation()
            let digest = try ConceptArtifact.digest(of: photo.bytes)
            if let other = seen[digest] {
                throw RuntimeError(.invalidArgument, "\(photo.name) and \(other) are the same file: give each once")
            }
            seen[digest] = photo.name
            let checked = try await checkedPhoto(photo, digest: digest, kind: request.kind)
            let direction = space.direction(of: checked.features.pooled).unit
            let twin = photos.first { other in
                DotProduct.of(space.direction(of: other.features.pooled).unit, direction) >= Self.sameShot
            }
            if let twin {
                note("\(photo.name) is nearly the same as \(twin.name) and was left out")
            } else {
                photos.append(checked)
            }
        }
        return photos
    }

    private func checkedPhoto(_ photo: EnrollmentPhoto, digest: String, kind: ConceptKind) async throws -> CheckedPhoto
    {
        let image: RGBImage
        do {
            image = try await pictures.run(.training) { [decodeImage] in try decodeImage(photo.bytes) }
        } catch let error as VLMError {
            throw RuntimeError(.invalidArgument, "\(photo.name): \(error.message)", cause: error)
        }
        guard min(image.width, image.height) >= Self.minimumSide else {
            throw RuntimeError(
                .invalidArgument,
                "\(photo.name) has \(image.width) x \(image.height) pixels; \(Self.minimumSide) a side are the least")
        }
        let face = kind == .person ? try await onlyFace(in: image, photo: photo.name) : nil
        let features = try await compute.run(.training) { [model] in try model.features(of: image) }
        return CheckedPhoto(
            name: photo.name, digest: digest, image: image, captions: photo.captions, features: features, face: face)
    }

    private func onlyFace(in image: RGBImage, photo: String) async throws -> Face? {
        guard let faces else { return nil }
        let found = try await pictures.run(.training) { try faces.faces(in: image) }
        guard found.count == 1 else {
            throw RuntimeError(
                .faceCount,
                found.isEmpty
                    ? "no face was found in \(photo): take one where the face is larger and looks at the camera"
                    : "\(found.count) faces were found in \(photo): take one with this person alone")
        }
        return found.first
    }
}
