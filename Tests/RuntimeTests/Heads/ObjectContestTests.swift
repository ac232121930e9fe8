import Compute
import Runtime
import Testing
import VLM

/// Things are unit vectors of a small feature space whose mean is zero; a picture is a grid of two columns.
@Suite(.timeLimit(.minutes(10))) struct ObjectContestTests {
    private let space = FeatureSpace(mean: [Float](repeating: 0, count: 4))
    /// Two sneakers that are 80 % alike, and a cat.
    private static let blue: [Float] = [0.8, 0.6, 0, 0]
    private static let red: [Float] = [0.8, 0, 0.6, 0]
    private static let cat: [Float] = [0, 0, 0, 1]

    /// Heads that fire from a cosine of 0.6 on.
    private func contest(_ things: [[Float]]) -> ObjectContest {
        ObjectContest(
            contestants: things.map { thing in
                .init(
                    head: ObjectHead(weight: thing.map { $0 * 10 }, bias: -6),
                    directions: Matrix(rows: 1, columns: 4, values: thing))
            }, space: space)
    }

    private func picture(left: [Float], right: [Float]) -> ImageFeatures {
        ImageFeatures(
            pooled: zip(left, right).map { ($0 + $1) / 2 }, map: Matrix(rows: 2, columns: 4, values: left + right),
            visualTokens: Matrix(rows: 0, columns: 0, values: []), tags: [])
    }

    @Test func theLikelierOfTwoLookAlikesTakesThePicture() {
        let contest = contest([Self.blue, Self.red, Self.cat])
        let decisions = contest.decisions(features: picture(left: Self.red, right: Self.red), columns: 2)
        #expect(decisions.map(\.fired) == [false, true, false])
        // The loser fired too, alone it would have won; its score is what the winner leaves of it.
        let alone = self.contest([Self.blue]).decisions(features: picture(left: Self.red, right: Self.red), columns: 2)
        #expect(alone[0].fired)
        #expect(decisions[0].score == alone[0].score * (1 - decisions[1].score))
        #expect(decisions[0].score < ObjectHead.threshold)
        #expect(decisions[2].score < ObjectHead.threshold)
    }

    @Test func closeUpsStandInForPartsOfTheGrid() {
        let contest = contest([Self.blue, Self.red, Self.cat])
        // In the grid nothing fires: the whole is a mixture, and so are its halves.
        let mixture = zip(Self.red, Self.cat).map { $0 * 0.5 + $1 * 0.5 - 0.3 }
        let seen = picture(left: mixture, right: mixture)
        #expect(contest.decisions(features: seen, columns: 2).map(\.fired) == [false, false, false])
        let decisions = contest.decisions(features: seen, columns: 2, closeUps: [Self.red, Self.cat])
        #expect(decisions.map(\.fired) == [false, true, true])
    }

    @Test func whatLookAlikesShareSpeaksForNeither() {
        // Two teapots that are 80 % alike, and a mug. The picture is nearest to a teapot by what both teapots have.
        let (share, own) = (Float(0.8).squareRoot(), Float(0.2).squareRoot())
        let teapots: [[Float]] = [[0, share, own, 0, 0], [0, share, 0, own, 0]]
        let mug: [Float] = [1, 0, 0, 0, 0]
        var shown: [Float] = [0.6, 0.65, 0.0867, 0.0424, 0]
        shown[4] = (1 - shown.reduce(0) { $0 + $1 * $1 }).squareRoot()
        let similarity = (teapots + [mug]).map { zip($0, shown).reduce(Float(0)) { $0 + $1.0 * $1.1 } }
        #expect(similarity[0] > similarity[2] && similarity[1] > 0.59)
        let contest = ObjectContest(
            contestants: (teapots + [mug]).map { thing in
                .init(
                    head: ObjectHead(weight: thing.map { $0 * 10 }, bias: -5),
                    directions: Matrix(rows: 1, columns: 5, values: thing))
            }, space: FeatureSpace(mean: [Float](repeating: 0, count: 5)))
        let features = ImageFeatures(
            pooled: shown, map: Matrix(rows: 0, columns: 5), visualTokens: Matrix(rows: 0, columns: 0), tags: [])
        #expect(contest.decisions(features: features, columns: 0).map(\.fired) == [false, false, true])
    }

    @Test func alone_aLookAlikeFires() {
        let decisions = contest([Self.blue]).decisions(features: picture(left: Self.red, right: Self.red), columns: 2)
        #expect(decisions.map(\.fired) == [true])
    }

    @Test func twoThingsSideBySideTakeAPartEach() {
        let picture = picture(left: Self.blue, right: Self.cat)
        let decisions = contest([Self.blue, Self.red, Self.cat]).decisions(features: picture, columns: 2)
        #expect(decisions.map(\.fired) == [true, false, true])
        #expect(decisions[2].score > 0.9)
    }

    @Test func withoutAGridOnlyTheWholeCounts() {
        let picture = picture(left: Self.blue, right: Self.cat)
        let decisions = contest([Self.blue, Self.cat]).decisions(features: picture, columns: 1)
        #expect(decisions.filter(\.fired).count == 1)
    }

    @Test func halvesOfAnOddGridShareTheMiddle() {
        let map = Matrix(rows: 6, columns: 1, values: [1, 2, 3, 5, 6, 7])
        #expect(GridPart.whole.pooled(map, columns: 3) == [4])
        #expect(GridPart.left.pooled(map, columns: 3) == [3.5])
        #expect(GridPart.right.pooled(map, columns: 3) == [4.5])
    }
}
