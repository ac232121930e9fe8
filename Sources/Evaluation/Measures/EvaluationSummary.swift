import Runtime

/// All figures of an evaluation, from what its rounds saw.
struct EvaluationSummary {
    private let rounds: [RoundSeen]
    private let measures: [QualityMeasures]
    private let texts: [TextFigures]
    private let concepts: Int

    init(rounds: [RoundSeen], concepts: Int, encoder: SentenceEncoder?) {
        self.rounds = rounds
        self.concepts = concepts
        measures = rounds.map { QualityMeasures(rows: $0.rows, concepts: concepts) }
        var similarities = encoder.map(Similarities.init)
        texts = rounds.map { TextFigures(rows: $0.rows, similarities: &similarities) }
    }

    var figures: [Figure] {
        let equal = rounds.map { $0.equal.value.map { $0 == 1 ? 1.0 : 0 } }
        let personal = rounds.map { PersonalTruth(rows: $0.rows, of: \.caption) }
        let frozen = rounds.map { PersonalTruth(rows: $0.rows, of: \.frozenCaption) }
        return [
            share("head_sensitivity", measures.map(\.headSensitivity)),
            share("head_specificity", measures.map(\.headSpecificity)),
            share("identifier_recall", measures.map(\.identifierRecall)),
            share("identifier_precision", measures.map(\.identifierPrecision)),
            share("identifier_f1", measures.map(\.identifierF1)),
            share("identifier_recall_unprompted", measures.map(\.unpromptedRecall)),
            share("identifier_precision_unprompted", measures.map(\.unpromptedPrecision)),
            share("oneshot_f1", rounds.map { $0.oneShot?.value }),
            share("two_concepts_f1", rounds.map(pairF1)),
            share("two_concepts_head_sensitivity", rounds.map(pairSensitivity)),
            share("two_concepts_named_once", rounds.map(pairNamedOnce)),
            share("text_similarity", texts.map(\.own)),
            share("text_similarity_simple_replacement", texts.map(\.simple)),
            share("text_similarity_llm_guided", texts.map(\.guided)),
            share("text_similarity_frozen", texts.map(\.frozen)),
            share("class_similarity", texts.map(\.ownClass)),
            share("class_similarity_frozen", texts.map(\.frozenClass)),
            score("bleu4", texts.map(\.bleu)), score("bleu4_frozen", texts.map(\.bleuFrozen)),
            score("cider", texts.map(\.cider)), score("cider_frozen", texts.map(\.ciderFrozen)),
            score("cider_change", texts.map { text in text.cider.flatMap { c in text.ciderFrozen.map { c - $0 } } }),
            share("personal_content_precision", personal.map(\.precision)),
            share("personal_content_precision_frozen", frozen.map(\.precision)),
            Figure(metric: "personal_words_said", unit: "words", rounds: personal.map(\.words)),
            Figure(metric: "personal_words_said_frozen", unit: "words", rounds: frozen.map(\.words)),
            Figure(
                metric: "enroll_seconds_median", unit: "s", rounds: rounds.map { median($0.enrollSeconds) },
                value: median(rounds.flatMap(\.enrollSeconds))),
            Figure(
                metric: "caption_seconds_median", unit: "s", rounds: rounds.map { median($0.rows.map(\.seconds)) },
                value: median(rounds.flatMap { $0.rows.map(\.seconds) })),
            share("class_named_share", rounds.map(\.named.value)),
            // One answer that differs in one round is a difference.
            Figure(
                metric: "frozen_bit_equal", unit: "bool", rounds: equal, value: equal.compactMap { $0 }.min()),
            count("frozen_compared", "answers", rounds.map(\.equal.all)),
            share("box_iou_mean_words", boxOverlaps(.words)), share("box_iou_mean_head", boxOverlaps(.head)),
            share("box_iou_mean_attention", boxOverlaps(.attention)),
            share("box_iou_mean_photo", measures.map { $0.boxOverlap(PlaceRow.wholePhoto) }),
            count("box_photos", "photos", rounds.map { $0.rows.count { $0.place != nil } }),
            count("test_photos", "photos", rounds.map(\.rows.count)),
            count("two_concepts_pictures", "pictures", rounds.map(\.pairs.count)),
            Figure(metric: "concepts", unit: "concepts", rounds: [Double(concepts)]),
        ]
    }

    private func boxOverlaps(_ source: AnswerPlace.Source) -> [Double?] {
        measures.map { $0.boxOverlap(source.rawValue) }
    }

    private func share(_ metric: String, _ rounds: [Double?]) -> Figure {
        Figure(metric: metric, unit: "share", rounds: rounds)
    }

    private func score(_ metric: String, _ rounds: [Double?]) -> Figure {
        Figure(metric: metric, unit: "score", rounds: rounds)
    }

    private func count(_ metric: String, _ unit: String, _ rounds: [Int]) -> Figure {
        Figure(metric: metric, unit: unit, rounds: rounds.map(Double.init), value: Double(rounds.reduce(0, +)))
    }

    private func pairF1(_ seen: RoundSeen) -> Double? {
        var counts = F1()
        for pair in seen.pairs { counts.add(named: Set(pair.named), wanted: Set(pair.identifiers)) }
        return counts.value
    }

    private func pairSensitivity(_ seen: RoundSeen) -> Double? {
        var share = Share()
        for pair in seen.pairs { for thing in pair.things { share.add(pair.fired.contains(thing)) } }
        return share.value
    }

    /// Of the pictures whose caption names both, those that name each once.
    private func pairNamedOnce(_ seen: RoundSeen) -> Double? {
        var share = Share()
        for pair in seen.pairs where Set(pair.identifiers).isSubset(of: pair.named) {
            share.add(Set(pair.repeated).isDisjoint(with: pair.identifiers))
        }
        return share.value
    }
}

/// How captions compare with what their owner wrote. The identifier is replaced by the class noun first, in captions
/// and references alike, so that a name nobody else knows neither helps nor hurts.
struct TextFigures {
    private(set) var own: Double?
    private(set) var simple: Double?
    private(set) var guided: Double?
    private(set) var frozen: Double?
    private(set) var ownClass: Double?
    private(set) var frozenClass: Double?
    let bleu: Double?
    let bleuFrozen: Double?
    let cider: Double?
    let ciderFrozen: Double?

    init(rows: [PhotoRow], similarities: inout Similarities?) {
        let written = rows.filter { !$0.references.isEmpty }
        let references = written.map { row in
            row.references.map { $0.split(separator: "{concept}", omittingEmptySubsequences: false) }
                .map { words(of: $0.joined(separator: row.classNoun ?? "thing")).joined(separator: " ") }
        }
        func plain(_ row: PhotoRow, _ text: String) -> String {
            replacing(row.identifier, in: text, with: row.classNoun ?? "thing")
        }
        let ownTexts = written.map { plain($0, $0.caption) }
        let frozenTexts = written.map { plain($0, $0.frozenCaption) }
        let ownPairs = zip(ownTexts, references).map { (candidate: $0, references: $1) }
        let frozenPairs = zip(frozenTexts, references).map { (candidate: $0, references: $1) }
        bleu = BLEU.score(ownPairs)
        bleuFrozen = BLEU.score(frozenPairs)
        cider = CIDEr.score(ownPairs)
        ciderFrozen = CIDEr.score(frozenPairs)
        guard var encoder = similarities else { return }
        own = mean(zip(ownTexts, references).map { encoder.similarity(of: $0, to: $1) })
        frozen = mean(zip(frozenTexts, references).map { encoder.similarity(of: $0, to: $1) })
        simple = mean(
            zip(written, references).map { row, texts in
                row.simpleReplacement.flatMap { encoder.similarity(of: plain(row, $0), to: texts) }
            })
        guided = mean(
            zip(written, references).map { row, texts in
                row.guidedReplacement.flatMap { encoder.similarity(of: plain(row, $0), to: texts) }
            })
        ownClass = mean(
            rows.map { row in
                row.classNoun.flatMap { encoder.similarity(of: plain(row, row.caption), to: ["a photo of a \($0)"]) }
            })
        frozenClass = mean(
            rows.map { row in
                row.classNoun.flatMap {
                    encoder.similarity(of: plain(row, row.frozenCaption), to: ["a photo of a \($0)"])
                }
            })
        similarities = encoder
    }
}
