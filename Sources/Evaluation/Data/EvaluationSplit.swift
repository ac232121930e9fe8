import Foundation
import Foundations
import LocalFiles
import VLM

/// Which photos of which thing are enrolled and which are asked about, for every round of an evaluation.
///
/// Written beside each result, so that nobody has to guess what a figure was measured on; may be read back to measure
/// the same again.
public struct EvaluationSplit: Sendable, Codable, Equatable {
    /// The photos of one thing.
    public struct Part: Sendable, Codable, Equatable {
        /// File names that are enrolled.
        public let enrolled: [String]
        /// File names that are asked about; no photo is in both.
        public let tested: [String]
    }

    /// One round: every thing once.
    public struct Round: Sendable, Codable, Equatable {
        /// The seed of its enrollments.
        public let seed: UInt64
        /// How the photos were chosen.
        public let rule: String
        /// By the name of the thing.
        public let things: [String: Part]
    }

    /// The rounds in order.
    public let rounds: [Round]

    /// The first round takes the first photos by name, the others draw them by their seed. A thing keeps at least one
    /// photo to be asked about.
    package init(things: [Thing], shots: Int, seeds: Int, seed: UInt64) {
        rounds = (0..<seeds).map { round in
            var generator = SplitMix64(seed: seed &+ 0x5eed &* UInt64(round))
            let parts = things.map { thing -> (String, Part) in
                var names = thing.photos.map(\.name)
                if round > 0 { names.shuffle(using: &generator) }
                let count = min(shots, names.count - 1)
                return (
                    thing.name,
                    Part(enrolled: names.prefix(count).sorted(), tested: names.dropFirst(count).sorted())
                )
            }
            return Round(
                seed: seed &+ UInt64(round), rule: round == 0 ? "first by name" : "drawn by seed",
                things: Dictionary(uniqueKeysWithValues: parts))
        }
    }

    /// Reads a split that was written before. A path that is no UTF-8 is given as carried text.
    public init(contentsOf path: String) throws {
        let path = LocalPath(path)
        let bytes = try EvaluationError.reading { () throws(LocalFileError) in
            try LocalInput.contents(of: path, limit: 64 << 20)
        }
        do {
            self = try JSONDecoder().decode(Self.self, from: Data(bytes))
        } catch {
            throw EvaluationError(
                .badInput, "\(path.shown) is no split file; an evaluation writes one beside its result", cause: error)
        }
    }

    /// Throws when a photo is in both parts, is not there, or a part is empty: such figures would mean nothing.
    package func check(against things: [Thing]) throws {
        guard !rounds.isEmpty else { throw EvaluationError(.badInput, "the split has no round") }
        for (index, round) in rounds.enumerated() {
            for thing in things {
                guard let part = round.things[thing.name] else {
                    throw EvaluationError(.badInput, "round \(index) of the split does not name \(thing.name)")
                }
                let there = Set(thing.photos.map(\.name))
                let both = Set(part.enrolled).intersection(part.tested)
                guard both.isEmpty, !part.enrolled.isEmpty, !part.tested.isEmpty else {
                    throw EvaluationError(
                        .badInput,
                        "round \(index) of the split must enroll and ask about different photos of \(thing.name)"
                            + (both.isEmpty ? "" : "; in both: \(both.sorted().joined(separator: ", "))"))
                }
                let unknown = Set(part.enrolled + part.tested).subtracting(there)
                guard unknown.isEmpty else {
                    throw EvaluationError(
                        .badInput, "\(thing.name) has no photo \(unknown.sorted().joined(separator: ", "))")
                }
            }
        }
    }
}

extension Thing {
    /// Photos of the given names, in the order of names.
    func photos(_ names: [String]) -> [Photo] {
        photos.filter { names.contains($0.name) }
    }
}
