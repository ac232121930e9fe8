/// How true captions are, one of each of several photos (Docs/evaluation.md).
package struct CaptionTruth: Sendable, Equatable {
    /// Mean CIDEr-D over photos, 0...10.
    package let ciderD: Double
    /// Its standard error over photos; nil of fewer than two.
    package let ciderDError: Double?
    /// Content words that a human caption of the photo holds / content words.
    package let content: PhotoRatio
    /// The same of colour words.
    package let colour: PhotoRatio
    /// Captions without a word.
    package let empty: Int
}

/// What people said of several photos: what other captions of them are measured by.
package struct HumanCaptions: Sendable {
    private let captions: [[String]]
    private let words: [HumanWords]
    private let cider: CIDEr

    /// Of the captions of each photo, at least one of each.
    package init(_ captions: [[String]]) {
        self.captions = captions
        words = captions.map(HumanWords.init)
        cider = CIDEr(captions.map { $0.map(CaptionWords.words) })
    }

    /// The measures of a caption of each photo, in the same order; nil without a photo.
    package func truth(of said: [String]) -> CaptionTruth? {
        precondition(said.count == captions.count, "\(said.count) captions of \(captions.count) photos")
        let scores = scores(of: said)
        guard let score = mean(scores) else { return nil }
        let verdicts = zip(said, words).map { text, words in CaptionWords.words(of: text).map(words.verdict) }
        func ratio(_ good: WordVerdict, _ bad: WordVerdict) -> PhotoRatio {
            PhotoRatio(
                verdicts.map { verdicts in
                    let hits = verdicts.count { $0 == good }
                    return PhotoRatio.Share(hits: hits, all: hits + verdicts.count { $0 == bad })
                })
        }
        return CaptionTruth(
            ciderD: score, ciderDError: standardError(scores.map { $0 ?? 0 }),
            content: ratio(.trueContent, .falseContent), colour: ratio(.trueColour, .falseColour),
            empty: said.count { CaptionWords.words(of: $0).isEmpty })
    }

    /// The caption that does best by CIDEr-D when it is said of every photo: one of the human ones, of which at most
    /// `count` > 0 are tried, evenly spread over all. Nil without a photo.
    package func bestConstant(of count: Int) -> String? {
        let all = captions.flatMap { $0 }
        let tried = min(count, all.count)
        var best: (text: String, score: Double)?
        for place in 0..<tried {
            let text = all[place * all.count / tried]
            let score = mean(scores(of: [String](repeating: text, count: captions.count))) ?? 0
            if score > best?.score ?? -1 { best = (text, score) }
        }
        return best?.text
    }

    private func scores(of said: [String]) -> [Double?] {
        // The same text of every photo is weighed once.
        var weighed: [String: CIDEr.Text] = [:]
        return said.enumerated().map { photo, text in
            let caption = weighed[text] ?? cider.weighed(CaptionWords.words(of: text))
            weighed[text] = caption
            return cider.score(caption, of: photo)
        }
    }
}
