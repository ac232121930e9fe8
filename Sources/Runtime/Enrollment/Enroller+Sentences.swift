import Rules
import VLM

/// What an embedding is trained to say of one photo.
struct PhotoText: Sendable {
    /// Sentences that name the concept once.
    var sentences: [String]
    /// Questions about the concept with their answers.
    var questions: [(question: String, answer: String)] = []
}

extension Enroller {
    /// Tokens of the frozen model's own caption.
    static let captionTokens = 24
    /// Tokens of its answer to a question.
    static let answerTokens = 16
    /// Captions the frozen model gives each photo without captions of its owner.
    static let frozenCaptions = 4

    /// What the concept is in everyday language: as given, else what the frozen model sees most.
    func classNoun(of request: EnrollmentRequest, _ checked: CheckedPhotos, note: (String) -> Void) async throws
        -> String
    {
        if let given = request.classNoun, !given.isEmpty {
            try RuleError.told(as: RuntimeError.init) { () throws(RuleError) in _ = try NameRules.classNoun(given) }
            return given
        }
        let noun: String
        switch checked.kind {
        case .object:
            var mass: [String: Float] = [:]
            for tag in checked.photos.flatMap(\.features.tags) { mass[tag.name, default: 0] += tag.probability }
            noun = mass.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key ?? "thing"
        case .person:
            var captions: [String] = []
            for photo in checked.photos { captions += try await frozenCaptions(of: photo.features, count: 1, seed: 0) }
            noun = People.noun(in: captions)
        }
        note("its class is taken to be \"\(noun)\": name another if that is wrong")
        return noun
    }

    /// The sentences of each photo: its owner's, else the frozen model's captions with the concept in place of its
    /// noun and a paraphrase where the language model gives a fit one; then the templates.
    func texts(
        for checked: CheckedPhotos, identifier: String, classNoun: String, task: EnrollmentTask, seed: UInt64
    ) async throws -> [PhotoText] {
        let common = Sentences.fromTemplates(identifier: identifier)
        var all: [PhotoText] = []
        for photo in checked.photos {
            var own = try photo.captions.map {
                try Sentences.sentence(of: $0, identifier: identifier, photo: photo.name)
            }
            if own.isEmpty {
                let nouns =
                    [classNoun] + (checked.kind == .person ? People.nouns : photo.features.tags.map(\.name))
                for caption in try await frozenCaptions(of: photo.features, count: Self.frozenCaptions, seed: seed) {
                    let sentence = Sentences.personalised(caption, nouns: nouns, identifier: identifier)
                    if let sentence, !own.contains(sentence) { own.append(sentence) }
                }
                if let first = own.first,
                    let other = try await paraphrase(of: first, identifier: identifier, seed: seed),
                    !own.contains(other)
                {
                    own.append(other)
                }
            }
            // With captions of its own a photo needs the templates only as a reminder of the bare name.
            var text = PhotoText(sentences: own.isEmpty ? common : own + common.prefix(1))
            if task == .vqa {
                text.questions = try await questions(
                    about: photo.features, kind: checked.kind, identifier: identifier, classNoun: classNoun)
            }
            all.append(text)
        }
        return all
    }

    /// What the frozen model says of a picture: its greedy caption, then sampled ones.
    private func frozenCaptions(of features: ImageFeatures, count: Int, seed: UInt64) async throws -> [String] {
        let tasks = (0..<count).map { draw in
            let sampling = Sampling(temperature: draw == 0 ? 0 : 0.7, topP: 0.9, seed: seed &+ UInt64(draw))
            return (task: VLMTask.caption(names: []), sampling: sampling)
        }
        return try await frozenAnswers(tasks, about: features, maximumTokens: Self.captionTokens)
    }

    /// The paper's nine questions, asked of the frozen model about "the mug" and told of the concept.
    private func questions(
        about features: ImageFeatures, kind: ConceptKind, identifier: String, classNoun: String
    ) async throws -> [(question: String, answer: String)] {
        let questions = kind == .person ? Questions.people : Questions.objects
        let tasks = questions.map { question in
            (
                task: VLMTask.question(Questions.asked(question, of: "the \(classNoun)"), names: []),
                sampling: Sampling()
            )
        }
        let said = try await frozenAnswers(tasks, about: features, maximumTokens: Self.answerTokens)
        return zip(questions, said).compactMap { question, said in
            Questions.answer(said, noun: classNoun, identifier: identifier).map {
                (Questions.asked(question, of: identifier), $0)
            }
        }
    }

    /// Answers of the frozen model to several tasks about one picture, side by side.
    private func frozenAnswers(
        _ tasks: [(task: VLMTask, sampling: Sampling)], about features: ImageFeatures, maximumTokens: Int
    ) async throws -> [String] {
        try await compute.run(.training) { [model] in
            let prefix = try model.prefix(for: features)
            let decodings = try tasks.map { task in
                try model.begin(
                    prefix: prefix, concepts: [], prompt: try model.promptTokens(for: task.task),
                    capacity: maximumTokens)
            }
            return try TextCompletion.decode(
                model, decodings, samplings: tasks.map(\.sampling), maximumTokens: maximumTokens)
        }
    }

    /// Nil where the language model gives none that is fit, or answers nothing without a picture.
    ///
    /// Sampled: greedily a small model repeats the sentence.
    private func paraphrase(of sentence: String, identifier: String, seed: UInt64) async throws -> String? {
        guard let model = model as? any InstructionModel else { return nil }
        let instruction = Paraphrases.instruction(sentence, identifier: identifier)
        do {
            let answer = try await compute.run(.training) {
                let decoding = try model.begin(instruction: instruction, capacity: Paraphrases.tokens)
                return try TextCompletion.decode(
                    model, decoding, sampling: Sampling(temperature: 0.9, topP: 0.9, seed: seed),
                    maximumTokens: Paraphrases.tokens)
            }
            return Paraphrases.accepted(answer, of: sentence, identifier: identifier)
        } catch let error as VLMError where error.code == .unsupported {
            return nil
        }
    }
}
