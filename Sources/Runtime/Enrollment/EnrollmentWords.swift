import Rules
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
        try RuleError.told(as: RuntimeError.init) { () throws(RuleError) in
            _ = try NameRules.identifier(words.identifier)
            if !words.classNoun.isEmpty { _ = try NameRules.classNoun(words.classNoun) }
            for caption in words.captions {
                _ = try TextRules.caption(caption.text, identifier: words.identifier, photo: caption.photo)
            }
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
}
