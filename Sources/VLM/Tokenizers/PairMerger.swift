/// Byte-pair merging: always the pair of the lowest rank, the leftmost among equals, until none applies.
///
/// A heap over a linked list, so that the work is n log n even for a long text that is one piece.
struct PairMerger {
    /// What two neighbours become.
    struct Merge: Sendable {
        let rank: Int32
        let joined: Int32
    }

    private struct Candidate {
        let rank: Int32
        let position: Int32
        let left: Int32
        let right: Int32
        let joined: Int32

        func precedes(_ other: Candidate) -> Bool { (rank, position) < (other.rank, other.position) }
    }

    /// Merges `symbols`; `find` gives the merge of two neighbours.
    static func merge(_ symbols: [Int32], _ find: (Int32, Int32) -> Merge?) -> [Int32] {
        guard symbols.count > 1 else { return symbols }
        var merger = PairMerger(symbols)
        for position in 0..<symbols.count - 1 { merger.offer(position, find) }
        while let best = merger.pop() {
            let position = Int(best.position)
            let next = merger.next[position]
            // The neighbours may have changed since the candidate was found.
            guard merger.symbols[position] == best.left, next < symbols.count, merger.symbols[next] == best.right else {
                continue
            }
            merger.symbols[position] = best.joined
            merger.symbols[next] = removed
            let following = merger.next[next]
            merger.next[position] = following
            if following < symbols.count { merger.previous[following] = position }
            if merger.previous[position] >= 0 { merger.offer(merger.previous[position], find) }
            merger.offer(position, find)
        }
        return merger.symbols.filter { $0 != removed }
    }

    private static let removed = Int32.min
    private var symbols: [Int32]
    private var next: [Int]
    private var previous: [Int]
    private var heap: [Candidate] = []

    private init(_ symbols: [Int32]) {
        self.symbols = symbols
        next = Array(1...symbols.count)
        previous = Array(-1..<symbols.count - 1)
    }

    private mutating func offer(_ position: Int, _ find: (Int32, Int32) -> Merge?) {
        guard next[position] < symbols.count else { return }
        let (left, right) = (symbols[position], symbols[next[position]])
        guard let merge = find(left, right) else { return }
        heap.append(
            Candidate(rank: merge.rank, position: Int32(position), left: left, right: right, joined: merge.joined))
        var child = heap.count - 1
        while child > 0, heap[child].precedes(heap[(child - 1) / 2]) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    private mutating func pop() -> Candidate? {
        guard let best = heap.first else { return nil }
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            var parent = 0
            while true {
                var least = parent
                for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
                    if heap[child].precedes(heap[least]) { least = child }
                }
                if least == parent { break }
                heap.swapAt(parent, least)
                parent = least
            }
        }
        return best
    }
}
