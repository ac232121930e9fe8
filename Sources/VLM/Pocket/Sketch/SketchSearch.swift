internal import Compute
import Foundation

/// Finds the likeliest caption of a sketch: several lines side by side, no pair of words twice, no word behind itself.
///
/// A line's score is the sum of its log-probabilities over its length to the power of the penalty. Deterministic.
package struct SketchSearch: Sendable {
    let beams: Int
    let penalty: Double
    /// Words at most.
    let limit: Int

    package init(beams: Int, penalty: Double, limit: Int) {
        self.beams = beams
        self.penalty = penalty
        self.limit = limit
    }

    private struct Line {
        var said: [Int]
        var score: Float
    }

    private struct Candidate {
        let line: Int
        let word: Int
        let score: Float
    }

    /// A caption's words, the end not among them, and its score.
    package struct Found: Sendable {
        package let words: [Int]
        package let score: Double
    }

    /// Words of a caption. Where the first tag is to be named and the likeliest caption lacks its noun, the likeliest that
    /// begins with the tag: what stands alone before a camera is often none of the things that people describe.
    package func caption(
        of sketch: Sketch, memory: Sketch.Memory, tags: [ObjectTag], naming: TagNaming
    ) -> [Int] {
        let free = caption(of: sketch, memory: memory)
        guard let first = tags.first, naming.wants(first.probability, beside: free.score),
            let tag = NamedTag(first.name), !sketch.vocabulary.holds(tag.nouns, free.words)
        else { return free.words }
        return caption(of: sketch, memory: memory, start: sketch.vocabulary.numbers(of: tag.spelled)).words
    }

    /// The likeliest caption that begins with `start`.
    package func caption(of sketch: Sketch, memory: Sketch.Memory, start: [Int] = []) -> Found {
        let longest = min(limit, sketch.longest - 1)
        let start = start.prefix(longest - 1)
        var lines = [Line(said: [], score: 0)]
        var past = [sketch.nothingSaid]
        var words = [SketchVocabulary.Mark.caption.rawValue]
        var best: (score: Double, said: [Int]) = (-.infinity, [])
        for length in 1...longest {
            let logits = sketch.step(words, &past, memory: memory)
            let long = pow(Double(length), penalty)
            var next: [Candidate] = []
            let found =
                length <= start.count
                ? [Candidate(line: 0, word: start[length - 1], score: 0)] : candidates(lines, logits)
            for candidate in found {
                let ends = candidate.word == SketchVocabulary.Mark.end.rawValue
                if ends || length == longest {
                    let said = lines[candidate.line].said + (ends ? [] : [candidate.word])
                    if Double(candidate.score) / long > best.score { best = (Double(candidate.score) / long, said) }
                } else if next.count < beams {
                    next.append(candidate)
                }
            }
            guard let first = next.first, best.score < Double(first.score) / long else { break }
            past = next.map { past[$0.line] }
            lines = next.map { Line(said: lines[$0.line].said + [$0.word], score: $0.score) }
            words = next.map(\.word)
        }
        return Found(words: best.said, score: best.score)
    }

    /// The likeliest continuations of all lines, twice as many as there are beams, best first.
    private func candidates(_ lines: [Line], _ logits: Matrix) -> [Candidate] {
        var kept: [Candidate] = []
        for (number, line) in lines.enumerated() {
            var chances = Array(logits.row(number))
            let top = chances.max() ?? 0
            let total = top + Float(log(chances.reduce(0.0) { $0 + Double(exp($1 - top)) }))
            for word in forbidden(after: line.said) { chances[word] = -.infinity }
            for (word, chance) in chances.enumerated() {
                let score = line.score + (chance - total)
                if kept.count == 2 * beams, let last = kept.last, score <= last.score { continue }
                guard score.isFinite else { continue }
                let place = kept.firstIndex { $0.score < score } ?? kept.endIndex
                kept.insert(Candidate(line: number, word: word, score: score), at: place)
                if kept.count > 2 * beams { kept.removeLast() }
            }
        }
        return kept
    }

    /// Marks but the end, the last word, and what followed it before.
    private func forbidden(after said: [Int]) -> [Int] {
        let marks = SketchVocabulary.Mark.allCases.filter { $0 != .end }.map(\.rawValue)
        guard let last = said.last else { return marks }
        return marks + [last] + zip(said, said.dropFirst()).filter { $0.0 == last }.map(\.1)
    }
}
