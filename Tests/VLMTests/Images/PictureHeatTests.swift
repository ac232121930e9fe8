import Foundations
import Testing
import VLM

/// From heat to a box: the rule, and what is no box.
@Suite(.timeLimit(.minutes(10))) struct PictureHeatTests {
    private let area = PictureBox(x: 0, y: 0, width: 40, height: 30)

    private func box(_ cells: [Float], columns: Int = 4, area: PictureBox? = nil) -> [Float]? {
        PictureHeat(columns: columns, cells: cells, area: area ?? self.area)?.box(width: 40, height: 30)
            .map { [$0.x, $0.y, $0.width, $0.height] }
    }

    @Test(
        arguments: [
            // One cell.
            ([0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0], [20, 10, 10, 10]),
            // Those half way or more from the mean (2) to the largest (8), side by side with it.
            ([0, 0, 5, 0, 0, 5, 8, 0, 0, 0, 0, 6], [10, 0, 20, 20]),
            ([1, 1, 1, 1, 1, 5, 7, 1, 1, 5, 1, 1], [10, 10, 20, 20]),
            // What only touches a corner does not hang together with it, and a row's end not with the next one's begin.
            ([0, 0, 0, 9, 8, 0, 8, 0, 0, 0, 0, 0], [30, 0, 10, 10]),
            // Of equals the first.
            ([0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3], [10, 0, 10, 10]),
            // No zero is needed.
            ([-9, -9, -9, -9, -9, -1, -1, -9, -9, -9, -9, -9], [10, 10, 20, 10]),
        ] as [([Float], [Float])])
    func theBoxIsAroundWhatHangsTogether(_ cells: [Float], _ expected: [Float]) {
        #expect(box(cells) == expected)
        #expect(box(cells.map { $0 * 4 - 64 }) == expected, "the unit is nobody's business")
    }

    @Test func aWholeGridMayBeOnePlace() {
        #expect(box([0, 9], columns: 1) == [0, 15, 40, 15])
        #expect(box([7, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8]) == [0, 0, 40, 30])
    }

    @Test func heatThatSaysNothingHasNoBox() {
        #expect(box([Float](repeating: 2, count: 12)) == nil)
        #expect(box([5], columns: 1) == nil)
    }

    @Test(
        arguments: [
            (0, [1, 2]), (-1, [1, 2]), (3, [1, 2]), (1, []), (1, [1, .nan]), (1, [.infinity, 0]),
        ] as [(Int, [Float])])
    func whatIsNoGridIsNone(_ columns: Int, _ cells: [Float]) {
        #expect(PictureHeat(columns: columns, cells: cells, area: area) == nil)
    }

    @Test func anAreaWithoutPixelsIsNone() {
        #expect(PictureHeat(columns: 1, cells: [1], area: PictureBox(x: 0, y: 0, width: 0, height: 5)) == nil)
        #expect(PictureHeat(columns: 1, cells: [1], area: PictureBox(x: 0, y: 0, width: .nan, height: 5)) == nil)
    }

    /// Where the grid lies over a part of the picture, or over a frame around it.
    @Test func theBoxIsInThePicturesPixels() {
        let cropped = PictureBox(x: 5, y: 0, width: 30, height: 30)
        #expect(box([0, 0, 0, 1, 0, 0, 0, 0, 0], columns: 3, area: cropped) == [5, 10, 10, 10])
        let framed = PictureBox(x: 0, y: -5, width: 40, height: 40)
        #expect(box([0, 1, 0, 0], columns: 2, area: framed) == [20, 0, 20, 15])
        #expect(box([0, 9, 0, 0, 0, 0, 0, 0], columns: 2, area: framed) == [20, 0, 20, 5])
        let beside = PictureBox(x: 0, y: -30, width: 40, height: 40)
        #expect(box([0, 1, 0, 0, 0, 0, 0, 0], columns: 2, area: beside) == nil, "the frame is nowhere")
    }

    /// Never a trap, always inside of the picture, and the largest cell is in it.
    @Test func anyHeatGivesABoxInsideOrNone() throws {
        var random = SplitMix64(seed: 5)
        for _ in 0..<500 {
            let (columns, rows) = (Int.random(in: 1...9, using: &random), Int.random(in: 1...9, using: &random))
            let cells = (0..<columns * rows).map { _ in
                Bool.random(using: &random) ? Float.random(in: -3...3, using: &random) : 1e30
            }
            let heat = try #require(PictureHeat(columns: columns, cells: cells, area: area))
            guard let box = heat.box(width: 40, height: 30) else {
                #expect(Set(cells).count == 1)
                continue
            }
            #expect(box.x >= 0 && box.y >= 0 && box.width > 0 && box.height > 0)
            #expect(box.x + box.width <= 40.001 && box.y + box.height <= 30.001)
            let peak = try #require(cells.firstIndex(of: cells.max() ?? 0))
            let (x, y) = (
                (Float(peak % columns) + 0.5) * 40 / Float(columns), (Float(peak / columns) + 0.5) * 30 / Float(rows)
            )
            #expect(box.x < x && x < box.x + box.width && box.y < y && y < box.y + box.height)
        }
    }

    @Test(
        arguments: [
            ([0, 0, 10, 10], [0, 0, 10, 10], 1), ([0, 0, 10, 10], [5, 0, 10, 10], 1.0 / 3),
            ([0, 0, 10, 10], [2, 2, 5, 5], 0.25), ([0, 0, 10, 10], [10, 0, 10, 10], 0),
            ([0, 0, 0, 0], [0, 0, 0, 0], 0),
            ([0, 0, -5, 5], [0, 0, 9, 9], 0), ([3, 3, 1, 1], [90, 90, 1, 1], 0),
        ] as [([Float], [Float], Double)])
    func overlapIsWhatIsSharedOfAll(_ one: [Float], _ other: [Float], _ expected: Double) {
        func box(_ n: [Float]) -> PictureBox { PictureBox(x: n[0], y: n[1], width: n[2], height: n[3]) }
        #expect(abs(box(one).overlap(with: box(other)) - expected) < 1e-9)
        #expect(box(one).overlap(with: box(other)) == box(other).overlap(with: box(one)))
    }
}
