import LocalFiles
import Runtime
import VLM

extension Evaluator {
    /// Where a photo's thing is; nil where nobody said it. Throws `badInput` for a box beside the photo.
    func truth(of photo: Thing.Photo, _ picture: RGBImage) throws -> PictureBox? {
        guard let box = photo.box else { return nil }
        guard let inside = box.shared(with: PictureBox(pictureOf: picture.width, picture.height)) else {
            throw EvaluationError(
                .badInput,
                "\(photo.file.shown): its box in captions.json lies outside of its \(picture.width) x \(picture.height) "
                    + "pixels; a box is left, top, width and height")
        }
        return inside
    }

    /// Asks where a thing is whose head fired.
    func place(
        of identifier: String, truth: PictureBox, in picture: RGBImage, _ runtime: EvaluationRuntime, _ owner: User
    ) async throws -> PlaceRow {
        PlaceRow(
            truth: truth, photo: PictureBox(pictureOf: picture.width, picture.height),
            places: try await runtime.places(of: identifier, in: picture, for: owner.name),
            sources: runtime.placeSources)
    }
}

extension EvaluationRuntime {
    /// Who tells places where this model is asked.
    var placeSources: [AnswerPlace.Source] {
        (vlm.model.answersWithBoxes ? [.words] : []) + [.head] + (vlm.model is any AttentionModel ? [.attention] : [])
    }

    /// Where a user's thing is in a picture, as everybody is told who asks; empty where its head did not fire.
    func places(of identifier: String, in picture: RGBImage, for user: String) async throws -> [AnswerPlace] {
        // Only a model that answers with boxes needs to say more than a word.
        let sampling = Sampling(maximumTokens: vlm.model.answersWithBoxes ? 0 : 1)
        for try await event in vlm.answer(
            user: user, picture: picture, task: .question("Where is \(identifier)?"), sampling: sampling)
        {
            if case .end(let end) = event { return end.places }
        }
        throw EvaluationError(.unavailable, "an answer ended without its last event")
    }
}
