public import VLM

extension PersonalizedVLM {
    /// A picture that was looked at for one user.
    struct Sight: Sendable {
        let features: ImageFeatures
        let faces: [Face]
        let set: ConceptSet
        let recognitions: [Recognition]
        let queued: Duration
        let looked: Duration
    }

    /// Which of the user's concepts are in the picture: the heads alone, no text. Throws `overloaded`, errors of the
    /// concept source, and `VLMError` for pictures.
    public func recognize(user: String, image: [UInt8]) async throws -> RecognitionReport {
        try await report(user: user) { try await self.decoded(image) }
    }

    /// The same for a decoded picture.
    public func recognize(user: String, picture: RGBImage) async throws -> RecognitionReport {
        try await report(user: user) { picture }
    }

    private func report(
        user: String, picture: @Sendable () async throws -> RGBImage
    ) async throws -> RecognitionReport {
        try admission.enter()
        defer { admission.leave() }
        let set = try await conceptSet(of: user)
        let sight = try await look(at: try await picture(), with: set)
        return RecognitionReport(
            recognitions: sight.recognitions, faces: sight.faces.count, conceptSetDigest: set.digest,
            revision: set.revision, tags: sight.features.tags, skipped: set.skipped)
    }

    func decoded(_ bytes: [UInt8]) async throws -> RGBImage {
        try await pictures.run(.answers) { [decodeImage] in try decodeImage(bytes) }
    }

    /// The user's concepts as they are now, loaded and verified.
    func conceptSet(of user: String) async throws -> ConceptSet {
        try await residents.set(of: try await concepts.snapshot(of: user))
    }

    /// Vision pass, faces beside it, then all heads.
    func look(at picture: RGBImage, with set: ConceptSet) async throws -> Sight {
        async let found = set.panel.hasPersons ? findFaces(in: picture) : []
        let submitted = ContinuousClock.now
        let looksClose = set.panel.hasObjects
        let (features, closeUps, started, ended) = try await compute.run(.answers) { [model] in
            let started = ContinuousClock.now
            let features = try model.features(of: picture)
            let closeUps = looksClose ? try model.closeUps(of: picture) : []
            return (features, closeUps, started, ContinuousClock.now)
        }
        let faces = try await found
        let recognitions = set.panel.recognitions(
            features: features, closeUps: closeUps, faces: faces, gridColumns: model.identity.gridColumns)
        return Sight(
            features: features, faces: faces, set: set, recognitions: recognitions, queued: started - submitted,
            looked: ended - started)
    }

    private func findFaces(in picture: RGBImage) async throws -> [Face] {
        guard let faces else { return [] }
        return try await pictures.run(.answers) { try faces.faces(in: picture) }
    }
}
