import Compute
import Synchronization
import Testing

@Suite(.serialized, .timeLimit(.minutes(10))) struct ParallelTests {
    @Test func chunksCoverEachIndexOnce() {
        for (count, grain) in [(0, 1), (1, 1), (7, 3), (1000, 1), (1000, 64), (5, 100)] {
            let seen = Mutex([Int](repeating: 0, count: count))
            Parallel.forEachChunk(of: count, grain: grain) { lower, upper in
                seen.withLock { seen in for index in lower..<upper { seen[index] += 1 } }
            }
            #expect(seen.withLock { $0.allSatisfy { $0 == 1 } })
        }
    }

    @Test func chunksAreMultiplesOfTheGrain() {
        for (count, grain) in [(1000, 16), (333, 10), (64, 64), (17, 5)] {
            let chunks = Mutex([(Int, Int)]())
            Parallel.forEachChunk(of: count, grain: grain) { lower, upper in
                chunks.withLock { $0.append((lower, upper)) }
            }
            for (lower, upper) in chunks.withLock({ $0 }) {
                #expect(lower % grain == 0 && (upper % grain == 0 || upper == count), "\(lower)..<\(upper) of \(count)")
            }
        }
    }

    /// Weights share pages of memory: none may see another's numbers, and memory given again is zero.
    @Test func lastingBuffersAreDisjointAndZero() {
        var buffers: [FloatBuffer] = []
        for round in 0..<3 {
            for index in 0..<40 {
                // Small ones, and some that are larger than what is shared.
                let buffer = FloatBuffer(count: index % 13 == 12 ? 3_000_000 : 1 + index * 9_001, lasting: true)
                #expect((0..<buffer.count).allSatisfy { buffer.pointer[$0] == 0 })
                #expect(UInt(bitPattern: buffer.pointer) % 64 == 0)
                for place in 0..<buffer.count { buffer.pointer[place] = Float(round * 40 + index + 1) }
                buffers.append(buffer)
            }
            for buffer in buffers {
                let mark = buffer.pointer[0]
                #expect(mark > 0 && (0..<buffer.count).allSatisfy { buffer.pointer[$0] == mark })
            }
            #expect(Set(buffers.map { $0.pointer[0] }).count == buffers.count)
            buffers = buffers.enumerated().filter { $0.offset % 3 == round }.map(\.element)
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
