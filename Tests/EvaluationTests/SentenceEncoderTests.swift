import Evaluation
import Foundation
import Testing

@Test(.timeLimit(.minutes(10))) func piecesAreThoseOfTransformers() throws {
    let tokenizer = try WordPiece(
        contentsOf: EvaluationFixtures.folder.appending(path: "encoder/vocab.txt").path(percentEncoded: false))
    for sentence in try EvaluationFixtures.read().sentences {
        #expect(tokenizer.encode(sentence.text, limit: 256) == sentence.ids, "\(sentence.text)")
    }
    #expect(tokenizer.encode("a mug is standing", limit: 4).count == 4, "cut, but still ended")
}

@Test(.timeLimit(.minutes(10))) func embeddingsAreThoseOfTransformers() throws {
    let encoder = try SentenceEncoder(
        directory: EvaluationFixtures.folder.appending(path: "encoder").path(percentEncoded: false))
    for sentence in try EvaluationFixtures.read().sentences {
        let embedding = encoder.embedding(of: sentence.text)
        let worst = zip(embedding, sentence.embedding).map { abs($0 - $1) }.max() ?? 1
        #expect(worst < 2e-6, "\(sentence.text): \(worst)")
    }
    #expect(abs(encoder.similarity("a mug", "A mug!") - encoder.similarity("A mug!", "a mug")) < 1e-9)
    #expect(abs(encoder.similarity("a mug", "A MUG") - 1) < 1e-6)
}

@Test(.timeLimit(.minutes(10))) func aMissingEncoderSaysHowToFetchIt() {
    #expect {
        _ = try SentenceEncoder(directory: "/nowhere")
    } throws: { error in
        guard let error = error as? EvaluationError else { return false }
        return error.code == .missing && error.message.contains("Scripts/setup --evaluation")
    }
}
