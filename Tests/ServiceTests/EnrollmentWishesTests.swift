import Client
import Testing

/// What an order may leave out or ask for.
@Suite(.timeLimit(.minutes(10))) struct EnrollmentWishesTests {
    private func events(_ client: MyVLMClient, _ order: EnrollmentOrder) async throws -> [EnrollmentEvent] {
        var events: [EnrollmentEvent] = []
        for try await event in client.enroll(order) { events.append(event) }
        return events
    }

    @Test func kindAndClassAreFoundOutAndTold() async throws {
        try await Harness.run { harness in
            let ann = try await harness.user("ann")
            var order = try Harness.order("zibo")
            (order.kind, order.classNoun) = (.unspecified, "")
            let events = try await events(ann, order)
            let enrolled = try #require(
                events.compactMap { if case .done(let done) = $0 { done } else { nil as Enrolled? } }.last)
            #expect(enrolled.version.kind == .object && !enrolled.version.classNoun.isEmpty)
            let notes = events.compactMap { event -> String? in if case .note(let text) = event { text } else { nil } }
            #expect(
                notes.contains { $0.contains("class is taken to be \"\(enrolled.version.classNoun)\"") }, "\(notes)")
            #expect(try await ann.concept("zibo").concept.classNoun == enrolled.version.classNoun)
            await ann.close()
        }
    }

    @Test func questionsAreLearnedAndCheckpointsSaySamples() async throws {
        try await Harness.run { harness in
            let ann = try await harness.user("ann")
            var order = try Harness.order("zibo")
            let captions = try await ann.enrolled(order).version
            #expect(captions.trainingJson.contains("\"task\":\"caption\""))
            order.task = .questions
            let events = try await events(ann, order)
            let enrolled = try #require(
                events.compactMap { if case .done(let done) = $0 { done } else { nil as Enrolled? } }.last)
            #expect(enrolled.version.trainingJson.contains("\"task\":\"vqa\""))
            #expect(enrolled.version.digest != captions.digest && enrolled.version.number == 2)
            let steps = events.compactMap { event -> EnrollProgress? in
                if case .progress(let step) = event { step } else { nil }
            }
            #expect(steps.contains { !$0.sample.isEmpty } && steps.contains(where: \.sample.isEmpty))
            await ann.close()
        }
    }
}
