import Compute
import Synchronization
import Testing

@Suite(.serialized) struct ParallelTests {
    @Test func chunksCoverEachIndexOnce() {
        for (count, grain) in [(0, 1), (1, 1), (7, 3), (1000, 1), (1000, 64), (5, 100)] {
            let seen = Mutex([Int](repeating: 0, count: count))
            Parallel.forEachChunk(of: count, grain: grain) { lower, upper in
                seen.withLock { seen in for index in lower..<upper { seen[index] += 1 } }
            }
            #expect(seen.withLock { $0.allSatisfy { $0 == 1 } })
        }
    }

    /// Jobs within jobs, started from many threads: all end, none loses an index.
    @Test func nestedJobsFromManyThreadsEnd() async {
        await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    let sum = Atomic(0)
                    for _ in 0..<50 {
                        Parallel.forEachChunk(of: 10, grain: 1) { lower, upper in
                            for _ in lower..<upper {
                                Parallel.forEachChunk(of: 20, grain: 3) { lower, upper in
                                    sum.add(upper - lower, ordering: .relaxed)
                                }
                            }
                        }
                    }
                    return sum.load(ordering: .relaxed)
                }
            }
            for await sum in group { #expect(sum == 50 * 10 * 20) }
        }
    }

    @Test func threadsCanBeLimited() {
        let before = Parallel.threads
        defer { Parallel.setThreads(before) }
        Parallel.setThreads(1)
        let calls = Mutex(0)
        Parallel.forEachChunk(of: 100, grain: 1) { _, _ in calls.withLock { $0 += 1 } }
        #expect(calls.withLock { $0 } == 1)
        Parallel.setThreads(4)
        #expect(Parallel.threads == 4)
        let sum = Atomic(0)
        Parallel.forEachChunk(of: 1000, grain: 7) { lower, upper in sum.add(upper - lower, ordering: .relaxed) }
        #expect(sum.load(ordering: .relaxed) == 1000)
    }
}
