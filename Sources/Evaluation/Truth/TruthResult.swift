import LocalFiles

/// One figure of the truth of captions and answers.
public struct TruthFigure: Sendable, Equatable {
    /// Its name in Docs/evaluation.md.
    public let metric: String
    /// nil where there was nothing to measure.
    public let value: Double?
    /// What it counts.
    public let unit: String
}

/// What was found: the figures, and every photo with what people and the model said of it.
public struct TruthResult: Sendable {
    /// Human captions of which the best constant one is chosen.
    private static let constants = 200

    /// All figures.
    public let figures: [TruthFigure]
    package let photos: [PhotoSeen]
    /// The best caption for every photo.
    let constant: String?
    let grey: GreySeen
    let modelDigest: String
    /// Files that must not be written over.
    let sources: [LocalPath]

    init(photos: [PhotoSeen], grey: GreySeen, skipped: Int, modelDigest: String, sources: [LocalPath]) {
        self.photos = photos
        self.grey = grey
        self.modelDigest = modelDigest
        self.sources = sources

        let captioned = photos.filter { $0.caption != nil }
        let human = HumanCaptions(captioned.map(\.photo.captions))
        let constant = human.bestConstant(of: Self.constants)
        self.constant = constant
        func truth(_ caption: (PhotoSeen) -> String?) -> CaptionTruth? {
            human.truth(of: captioned.map { caption($0) ?? "" })
        }
        let answers = photos.flatMap(\.answers)
        let greyAnswers = answers.map { answer in
            AnsweredQuestion(
                question: answer.question, reference: answer.reference, answer: grey.answers[answer.question] ?? "")
        }
        let answered = AnswerTruth(answers)
        figures =
            Self.captionFigures(truth(\.caption), "", errors: true)
            + Self.captionFigures(truth { _ in constant }, "_constant")
            + Self.captionFigures(truth { _ in grey.caption }, "_grey")
            + Self.answerFigures(answered, AnswerTruth(greyAnswers)) + [
                TruthFigure(metric: "captioned_photos", value: Double(captioned.count), unit: "photos"),
                TruthFigure(metric: "skipped_photos", value: Double(skipped), unit: "photos"),
            ]
    }

    private static func captionFigures(
        _ truth: CaptionTruth?, _ suffix: String, errors: Bool = false
    ) -> [TruthFigure] {
        func figure(_ metric: String, _ value: Double?, _ unit: String) -> TruthFigure {
            TruthFigure(metric: metric + suffix, value: value, unit: unit)
        }
        func score(_ metric: String, _ value: Double?, error: Double?, _ unit: String) -> [TruthFigure] {
            [figure(metric, value, unit)] + (errors ? [figure(metric + "_error", error, unit)] : [])
        }
        func count(_ metric: String, _ value: Int?, _ unit: String) -> TruthFigure {
            figure(metric, value.map(Double.init), unit)
        }
        return score("cider_d", truth?.ciderD, error: truth?.ciderDError, "score")
            + score("content_precision", truth?.content.value, error: truth?.content.error, "share")
            + score("colour_precision", truth?.colour.value, error: truth?.colour.error, "share") + [
                count("colours_said", truth?.colour.all, "words"),
                count("words_said", truth?.content.all, "words"),
                count("empty", truth?.empty, "captions"),
            ]
    }

    private static func answerFigures(_ answers: AnswerTruth, _ grey: AnswerTruth) -> [TruthFigure] {
        func share(_ metric: String, _ value: Double?) -> TruthFigure {
            TruthFigure(metric: metric, value: value, unit: "share")
        }
        return [
            share("yes_no_balanced", answers.yesNoBalanced),
            share("yes_no_balanced_constant", answers.yesNoBalancedConstant),
            share("yes_no_balanced_grey", grey.yesNoBalanced),
            share("short_answer_accuracy", answers.shortAccuracy),
            share("short_answer_accuracy_constant", answers.shortAccuracyConstant),
            share("short_answer_accuracy_grey", grey.shortAccuracy),
            TruthFigure(metric: "yes_no_questions", value: Double(answers.yesNoQuestions), unit: "questions"),
            TruthFigure(metric: "short_questions", value: Double(answers.shortQuestions), unit: "questions"),
        ]
    }

    /// Writes one page that needs nothing else, photos included. Throws `unwritable`, `full` where the disk has no room,
    /// and `missing` or `badInput` where a photo can no longer be read.
    public func write(to path: String) throws {
        try TruthPage(self).write(to: try TruthPage.output(path, from: sources))
    }
}
