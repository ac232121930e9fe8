import LocalFiles
import Runtime
import VLM

/// How true what the frozen model says of photos is, beside what people said of them. Definitions: Docs/evaluation.md.
public struct TruthStudy: Sendable {
    /// Answers decoded side by side: as many as the service's batch holds, and none changes another.
    private static let width = RuntimeConfiguration().maximumRunning
    /// Lines of progress, about; of a few photos fewer.
    private static let steps = 20
    /// Photos that are left out by name; of more only the number is told.
    private static let named = 20

    let options: TruthOptions
    let folder: TruthFolder
    let progress: @Sendable (String) -> Void

    /// Reads the folder, without its pictures, and tells what of it is left out. Throws `EvaluationError` where nothing
    /// could be measured.
    public init(_ options: TruthOptions, progress: @escaping @Sendable (String) -> Void) throws {
        self.options = options
        self.progress = progress
        folder = try TruthFolder(options)
        tell(folder.skipped)
        for (count, what) in [(folder.unusableCaptions, "captions"), (folder.unusableQuestions, "questions")]
        where count > 0 { progress("left out \(count) \(what) that cannot be used") }
        for (none, what) in [
            (folder.photos.allSatisfy(\.captions.isEmpty), "captions"),
            (folder.photos.allSatisfy(\.questions.isEmpty), "questions"),
        ] where none { progress("no photo has \(what): those of the model are not measured") }
    }

    /// Checks that the page can be written to a place, before the work. Throws `unwritable`.
    public func check(out path: String) throws { _ = try TruthPage.output(path, from: sources) }

    /// Asks about every photo. Throws `badInput` where none can be used, and what the model throws.
    public func run() async throws -> TruthResult {
        let runtime = try EvaluationRuntime(modelDirectory: options.model)
        defer { runtime.shutDown() }
        return try await run(runtime)
    }

    package func run(_ runtime: EvaluationRuntime) async throws -> TruthResult {
        let outcomes = try await sideBySide(folder.photos, called: "photos") { try await see($0, runtime) }
        let seen = outcomes.compactMap(\.seen)
        let unreadable = outcomes.compactMap(\.skipped)
        tell(unreadable)
        guard !seen.isEmpty else {
            throw EvaluationError(
                .badInput,
                "none of the \(unreadable.count) photos could be used; the first \(unreadable.first?.why ?? "")")
        }
        let unanswered = seen.reduce(0) { $0 + $1.unanswered }
        if unanswered > 0 { progress("left out \(unanswered) questions that the model does not take") }
        return TruthResult(
            photos: seen, grey: try await grey(seen, runtime), skipped: folder.skipped.count + unreadable.count,
            modelDigest: runtime.vlm.model.identity.digest, sources: sources)
    }

    /// What no page may be written over.
    private var sources: [LocalPath] {
        folder.sources + folder.photos.map(\.file) + (options.photos.map { [LocalPath($0)] } ?? [])
    }

    /// One photo, captioned and asked about as far as people did so.
    private func see(_ photo: TruthPhoto, _ runtime: EvaluationRuntime) async throws -> Outcome {
        do {
            let picture = try photo.picture(try photo.bytes())
            var seen = PhotoSeen(photo: photo)
            if !photo.captions.isEmpty { seen.caption = try await runtime.answer(.caption, about: picture) }
            for asked in photo.questions {
                guard let answer = try await answer(asked.text, about: picture, runtime) else {
                    seen.unanswered += 1
                    continue
                }
                seen.answers.append(
                    AnsweredQuestion(question: asked.text, reference: asked.answer, answer: answer))
            }
            return Outcome(seen: seen)
        } catch let error as EvaluationError where error.code != .unavailable {
            return Outcome(skipped: SkippedPhoto(name: photo.name, why: "cannot be read: \(error.message)"))
        } catch let error as VLMError {
            return Outcome(skipped: SkippedPhoto(name: photo.name, why: "cannot be looked at: \(error.message)"))
        }
    }

    /// nil where the model does not take the question: it is longer than its context.
    private func answer(_ question: String, about picture: RGBImage, _ runtime: EvaluationRuntime) async throws
        -> String?
    {
        do {
            return try await runtime.answer(.question(question), about: picture)
        } catch let error as VLMError where [.contextOverflow, .invalidArgument].contains(error.code) {
            return nil
        }
    }

    /// The same asked about a picture that shows nothing, each question once.
    private func grey(_ seen: [PhotoSeen], _ runtime: EvaluationRuntime) async throws -> GreySeen {
        let picture = RGBImage(width: 224, height: 224, pixels: [UInt8](repeating: 128, count: 224 * 224 * 3))
        let caption =
            seen.contains { $0.caption != nil } ? try await runtime.answer(.caption, about: picture) : nil
        let questions = Set(seen.flatMap { $0.answers.map(\.question) }).sorted()
        let answers = try await sideBySide(questions, called: "questions about a grey picture") {
            try await runtime.answer(.question($0), about: picture)
        }
        return GreySeen(
            caption: caption, answers: Dictionary(zip(questions, answers), uniquingKeysWith: { first, _ in first }))
    }

    /// Does the same with all items, some at a time; results in the order of the items.
    private func sideBySide<Item: Sendable, Result: Sendable>(
        _ items: [Item], called name: String, _ body: @escaping @Sendable (Item) async throws -> Result
    ) async throws -> [Result] {
        try await withThrowingTaskGroup(of: (Int, Result).self) { group in
            var results: [Int: Result] = [:]
            var next = 0
            while results.count < items.count {
                if next < items.count, next - results.count < Self.width {
                    let (place, item) = (next, items[next])
                    group.addTask { (place, try await body(item)) }
                    next += 1
                } else if let (place, result) = try await group.next() {
                    results[place] = result
                    let done = results.count
                    if done == items.count || done % max(10, items.count / Self.steps) == 0 {
                        progress("\(done) of \(items.count) \(name)")
                    }
                }
            }
            return items.indices.compactMap { results[$0] }
        }
    }

    private func tell(_ skipped: [SkippedPhoto]) {
        for photo in skipped.prefix(Self.named) {
            progress("skipped \(CarriedText.shown(photo.name)): it \(photo.why)")
        }
        if skipped.count > Self.named { progress("skipped \(skipped.count - Self.named) more photos") }
    }
}

/// What came of a photo.
private struct Outcome {
    var seen: PhotoSeen?
    var skipped: SkippedPhoto?
}

/// A photo with what the model said of it.
package struct PhotoSeen: Sendable {
    package let photo: TruthPhoto
    /// nil where there is no human caption to compare with.
    package fileprivate(set) var caption: String?
    package fileprivate(set) var answers: [AnsweredQuestion] = []
    /// Questions that the model did not take.
    fileprivate(set) var unanswered = 0
}

/// What the model said of a picture that shows nothing.
struct GreySeen: Sendable {
    /// nil where no photo was captioned.
    let caption: String?
    /// By question.
    let answers: [String: String]
}
