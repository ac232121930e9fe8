/// What was seen on one test photo.
package struct PhotoRow: Codable, Equatable, Sendable {
    /// The round of the split, from 0.
    package var round = 0
    /// The thing in the photo and the photo's file name.
    package var thing: String
    package var photo: String
    /// The owner's word for the thing.
    package var identifier: String
    /// What it is: "mug"; nil where the data does not say it.
    package var classNoun: String?
    /// Things whose heads fired.
    package var fired: [String]
    /// The score of the thing's own head and its threshold.
    package var score: Float
    package var threshold: Float
    /// The answer with all of the user's concepts.
    package var caption: String
    /// Identifiers the answer holds, of all the user's.
    package var named: [String]
    /// The answer to a prompt that does not say the names, and the identifiers it holds; nil where not asked.
    package var captionUnprompted: String?
    package var namedUnprompted: [String]?
    /// The frozen model's own answer.
    package var frozenCaption: String
    /// The frozen answer with the identifier in the noun's place where the head fired; nil where not made.
    package var simpleReplacement: String?
    /// The same done by the language model; nil where not made.
    package var guidedReplacement: String?
    /// What the photo's owner wrote of it, with `{concept}`.
    package var references: [String] = []
    /// Whether the answer was the frozen one, logits of the first tokens included; nil where a head fired.
    package var equalsFrozen: Bool?
    /// What the thing's concept pays to each cell of the visual grid, row by row; nil where it did not fire.
    package var attention: [Float]?
    /// Where it is and is said to be; nil where that is not known, or it did not fire.
    package var place: PlaceRow?
    package var seconds: Double

    package init(
        thing: String, photo: String, identifier: String, fired: [String], score: Float, threshold: Float,
        caption: String, named: [String], frozenCaption: String, equalsFrozen: Bool?, seconds: Double
    ) {
        self.thing = thing
        self.photo = photo
        self.identifier = identifier
        self.fired = fired
        self.score = score
        self.threshold = threshold
        self.caption = caption
        self.named = named
        self.frozenCaption = frozenCaption
        self.equalsFrozen = equalsFrozen
        self.seconds = seconds
    }
}

/// What was seen on one picture of two things side by side.
package struct PairRow: Codable, Equatable, Sendable {
    /// The round of the split, from 0.
    package var round: Int
    /// The two things, left and right, their photos and the owner's words for them.
    package var things: [String]
    package var photos: [String]
    package var identifiers: [String]
    /// Things whose heads fired.
    package var fired: [String]
    /// The answer with all of the user's concepts.
    package var caption: String
    /// Identifiers the answer holds, of all the user's.
    package var named: [String]
    /// Identifiers the answer holds more than once.
    package var repeated: [String]
}
