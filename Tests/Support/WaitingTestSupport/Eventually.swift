/// Waits until something is so: where what a test drives goes on by itself and tells nobody when it is done.
///
/// The limit only bounds the wait of a test that fails: nothing may depend on how fast a machine is. Where the thing
/// under test does tell (a stream, a continuation, a clock of the test's own), wait for that instead.
/// - Parameters:
///   - what: what is awaited, for the message of a test that fails.
///   - limit: how long to wait at most.
package func eventually(
    _ what: String, within limit: Duration = .seconds(540), file: String = #fileID, line: Int = #line,
    _ condition: () async throws -> Bool
) async throws {
    let end = ContinuousClock.now + limit
    var pause = Duration.microseconds(50)
    while try await !condition() {
        guard ContinuousClock.now < end else {
            throw NeverHappened(what: what, limit: limit, place: "\(file):\(line)")
        }
        // Others first, then with growing pauses: a spin would take the processor from what is waited for.
        await Task.yield()
        try await Task.sleep(for: pause)
        pause = min(pause * 2, .milliseconds(10))
    }
}

/// A point where other tasks may run, in tests about what happens between two steps.
package func letOthersRun() async { await Task.yield() }

/// What a test waited for did not come.
package struct NeverHappened: Error, CustomStringConvertible {
    let what: String
    let limit: Duration
    let place: String

    package var description: String { "\(place): waited \(limit) for this, and it did not come: \(what)" }
}
