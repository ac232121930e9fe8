import Runtime
import Testing

@Test(.timeLimit(.minutes(10))) func thePublishedRecipeTellsApartWhatCanBeToldApart() {
    var random = TestRandom(seed: 5)
    func unit(_ direction: Int) -> [Float] {
        var feature = random.floats(24).map { $0 * 0.1 }
        feature[direction] += 1
        let norm = feature.reduce(Float(0)) { $0 + $1 * $1 }.squareRoot()
        return feature.map { $0 / norm }
    }
    let photos = (0..<4).map { _ in (0..<4).map { _ in unit(0) } }
    let negatives = (0..<60).map { unit(1 + $0 % 8) }
    let head = PublishedHeadTrainer.train(photos: photos, negatives: negatives, seed: 42)
    // 500 small steps leave small margins: most, not all, of what noise may draw is told right.
    let found = (0..<40).count { _ in ObjectHead.logits(of: [head], direction: unit(0))[0] > 0 }
    let refused = (0..<40).count { _ in ObjectHead.logits(of: [head], direction: unit(5))[0] < 0 }
    #expect(found >= 36 && refused >= 36, "\(found) and \(refused) of 40")
    #expect(PublishedHeadTrainer.train(photos: photos, negatives: negatives, seed: 42) == head)
    #expect(PublishedHeadTrainer.train(photos: photos, negatives: negatives, seed: 43) != head)
}
