public import VLM

extension PersonalizedVLM {
    /// A picture that was looked at for one user.
    struct PictureFindings: Sendable {
        let features: ImageFeatures
        /// Of the upright picture.
        let size: (width: Int, height: Int)
        let faces: [Face]
        let recognitions: [Recognition]
        let queued: Duration
        let looked: Duration
    }

    /// Which of the user's concepts are in the picture: the heads alone, no text. Throws `overloaded`, errors of the
    /// concept source, and `VLMError` for pictures.
    public func recognize(user: String, image: [UInt8]) async throws -> RecognitionReport {
        try await report(user: user) { try await self.look(at: image, of: user, with: $0) }
    }

    /// The same for a decoded picture.
    public func recognize(user: String, picture: RGBImage) async throws -> RecognitionReport {
        try await report(user: user) { try await self.look(at: picture, of: user, with: $0) }
    }

    private func report(
        user: String, look: @Sendable (ConceptSet) async throws -> PictureFindings
    ) async throws -> RecognitionReport {
        try admission.enter(user)
        defer { admission.leave(user) }
        let set = try await conceptSet(of: user)
        let findings = try await look(set)
        return RecognitionReport(
            recognitions: findings.recognitions, faces: findings.faces.count, conceptSetDigest: set.digest,
            revision: set.revision, tags: findings.features.tags, skipped: set.skipped)
    }

    /// The user's concepts as they are now, loaded and verified.
    func conceptSet(of user: String) async throws -> ConceptSet {
        try await residents.set(of: try await concepts.snapshot(of: user), for: user)
    }

    /// Decodes a picture in the user's turn and looks at it.
    func look(at image: [UInt8], of user: String, with set: ConceptSet) async throws -> PictureFindings {
        try await pictures.with(image, of: user) { try await look(at: $0, of: user, with: set) }
    }

    /// Vision pass, faces beside it, then all heads.
    func look(at picture: RGBImage, of user: String, with set: ConceptSet) async throws -> PictureFindings {
        async let found = set.panel.hasPersons ? findFaces(in: picture, of: user) : []
        let submitted = ContinuousClock.now
        let looksClose = set.panel.hasObjects
        let (features, closeUps, started, ended) = try await compute.run(.answers, for: user) { [model] in
            let started = ContinuousClock.now
            let features = try model.features(of: picture)
            let closeUps = looksClose ? try model.closeUps(of: picture) : []
            return (features, closeUps, started, ContinuousClock.now)
        }
        let faces = try await found
        let recognitions = try await recognitions(features, closeUps, faces, of: user, with: set)
        return PictureFindings(
            features: features, size: (picture.width, picture.height), faces: faces, recognitions: recognitions,
            queued: started - submitted, looked: ended - started)
    }

    /// Many concepts take long: that too is the user's own time.
    private func recognitions(
        _ features: ImageFeatures, _ closeUps: [[Float]], _ faces: [Face], of user: String, with set: ConceptSet
    ) async throws -> [Recognition] {
        guard !set.panel.members.isEmpty else { return [] }
        return try await compute.run(.answers, for: user) { [columns = model.identity.gridColumns] in
            set.panel.recognitions(features: features, closeUps: closeUps, faces: faces, gridColumns: columns)
        }
    }

    private func findFaces(in picture: RGBImage, of user: String) async throws -> [Face] {
        guard let faces else { return [] }
        return try await faceSearch.run(.answers, for: user) { try faces.faces(in: picture) }
    }
}
