import Foundation
import Runtime
import VLM

extension Evaluator {
    /// Asks about every photo: the frozen model about all, the owner about the tested ones, the neighbour about the
    /// tested ones of things that are not theirs.
    func askAll(
        _ round: Int, _ runtime: EvaluationRuntime, owner: User, neighbour: User?, seen: inout RoundSeen
    ) async throws {
        for (index, thing) in things.enumerated() {
            progress("\(prefix(round))asking about \(thing.name) (\(index + 1) of \(things.count))")
            let tested = Set(split.rounds[round].things[thing.name]?.tested ?? [])
            for photo in thing.photos {
                // Without a neighbour only what was not enrolled is of interest.
                guard neighbour != nil || tested.contains(photo.name) else { continue }
                let picture = try picture(photo)
                let plain = try await runtime.caption(of: picture, for: owner.name, frozen: true)
                if let noun = thing.classNoun {
                    seen.named.add(holds(plain.end.text, anyOf: synonyms[noun] ?? [noun]))
                }
                guard tested.contains(photo.name) else { continue }
                var row = try await ask(about: photo, of: index, picture: picture, plain: plain, runtime, owner)
                row.round = round
                seen.rows.append(row)
                if let equal = row.equalsFrozen { seen.equal.add(equal) }
                if index % 2 == 1, let neighbour {
                    let answer = try await runtime.caption(of: picture, for: neighbour.name)
                    if answer.end.recognitions.isEmpty { seen.equal.add(answer.isSame(as: plain)) }
                }
            }
        }
    }

    private func ask(
        about photo: Thing.Photo, of index: Int, picture: RGBImage, plain: EvaluationRuntime.ProbedAnswer,
        _ runtime: EvaluationRuntime, _ owner: User
    ) async throws -> PhotoRow {
        let thing = things[index]
        let identifier = Identifiers.identifier(index)
        let truth = try truth(of: photo, picture)
        let start = ContinuousClock.now
        let answer = try await runtime.caption(of: picture, for: owner.name)
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        let report = try await runtime.recognize(picture, for: owner.name)
        let own = report.recognitions.first { $0.concept == thing.name }
        let fired = answer.end.recognitions.map(\.concept).sorted()
        var row = PhotoRow(
            thing: thing.name, photo: photo.name, identifier: identifier, fired: fired, score: own?.score ?? 0,
            threshold: own?.threshold ?? 0, caption: answer.end.text, named: identifiers(in: answer.end.text),
            frozenCaption: plain.end.text, equalsFrozen: fired.isEmpty ? answer.isSame(as: plain) : nil,
            seconds: seconds)
        row.classNoun = thing.classNoun
        row.references = photo.captions
        if options.unprompted {
            // Where nothing fires there is no name to leave out.
            let said =
                fired.isEmpty ? answer : try await runtime.caption(of: picture, for: owner.name, namesInPrompt: false)
            row.captionUnprompted = said.end.text
            row.namedUnprompted = identifiers(in: said.end.text)
        }
        if options.baselines { try await addBaselines(&row, runtime) }
        if fired.contains(thing.name) {
            row.attention = try await runtime.vlm.attention(user: owner.name, picture: picture)[thing.name]
            if let truth {
                row.place = try await place(of: identifier, truth: truth, in: picture, runtime, owner)
            }
        }
        return row
    }

    /// The identifier of each thing whose head fired, put in its noun's place.
    private func addBaselines(_ row: inout PhotoRow, _ runtime: EvaluationRuntime) async throws {
        var simple = row.frozenCaption
        var guided: String? = row.frozenCaption
        for (index, thing) in things.enumerated() where row.fired.contains(thing.name) {
            let noun = thing.classNoun ?? "thing"
            let identifier = Identifiers.identifier(index)
            simple = Baselines.simple(simple, nouns: [noun] + (synonyms[noun] ?? []), identifier: identifier)
            guard let said = guided else { continue }
            do {
                guided = try await Baselines.guided(runtime, caption: said, noun: noun, identifier: identifier)
            } catch let error as VLMError where error.code == .unsupported {
                // Not every architecture answers without a picture: then there is no such baseline.
                guided = nil
            }
        }
        row.simpleReplacement = simple
        row.guidedReplacement = guided
    }
}
