import VLM

/// What an enrollment is told in words, as far as it is known before its photos are looked at.
public struct EnrollmentWords: Sendable {
    /// Whether it was said to be a person.
    public var isPerson: Bool
    /// The word answers will use.
    public var identifier: String
    /// Empty lets the model say it.
    public var classNoun: String
    /// Each with what its photo is called in messages.
    public var captions: [(photo: String, text: String)]

    /// Words.
    public init(isPerson: Bool, identifier: String, classNoun: String, captions: [(photo: String, text: String)]) {
        self.isPerson = isPerson
        self.identifier = identifier
        self.classNoun = classNoun
        self.captions = captions
    }
}

extension Enroller {
    /// Throws what `enroll` would throw of these words, whatever the photos are: `invalidArgument`, and `unavailable` for
    /// a person where faces cannot be found and for a model that trains no concepts.
    public func check(_ words: EnrollmentWords) throws {
        _ = try trainable
        if words.isPerson, faces == nil { throw Self.noFaces }
        try Self.check(words)
    }

    /// The same for words alone, of any model.
    @Sendable public static func check(_ words: EnrollmentWords) throws {
        let identifier = try checkedIdentifier(words.identifier)
        try checkClassNoun(words.classNoun)
        guard !Sentences.fromTemplates(identifier: identifier).isEmpty else { throw tooCommon(identifier) }
        for caption in words.captions {
            _ = try Sentences.sentence(of: caption.text, identifier: identifier, photo: caption.photo)
        }
    }

    /// Bytes that an artifact of this model has at least.
    public var leastArtifactBytes: Int {
        let rows = (model as? any ConceptTrainable)?.trainingDefaults.tokens ?? 0
        let numbers = rows * model.identity.hiddenSize + model.identity.featureSize
        return numbers * MemoryLayout<Float>.size
    }

    static var noFaces: RuntimeError {
        RuntimeError(.unavailable, "persons need the face models: run Scripts/setup on the server")
    }

    static func tooCommon(_ identifier: String) -> RuntimeError {
        RuntimeError(
            .invalidArgument, "\"\(identifier)\" cannot be told from common words: choose a name like Zibo")
    }

    static func checkClassNoun(_ noun: String) throws {
        guard noun.utf8.count <= 256 else {
            throw RuntimeError(.invalidArgument, "the class noun must have at most 256 bytes: \"mug\", \"dog\"")
        }
    }

    static func checkedIdentifier(_ identifier: String) throws -> String {
        let allowed = identifier.unicodeScalars.allSatisfy { scalar in
            let category = scalar.properties.generalCategory
            return category != .control && category != .format && scalar != "{" && scalar != "}"
        }
        guard allowed, !identifier.isEmpty, identifier.utf8.count <= 128, identifier.first?.isWhitespace == false,
            identifier.last?.isWhitespace == false
        else {
            throw RuntimeError(
                .invalidArgument,
                "the identifier must have 1 to 128 bytes, no control characters or braces and no space at its ends")
        }
        return identifier
    }
}
