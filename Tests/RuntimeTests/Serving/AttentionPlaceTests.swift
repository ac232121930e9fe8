import Foundations
import Runtime
import Testing
import VLM
import VLMTestSupport

/// Where the rows of a concept attend to: told where it is asked for, and nobody's answer changes by it.
@Suite(.timeLimit(.minutes(10))) struct AttentionPlaceTests {
    /// A user with a concept that fires on a picture, over any model of the same numbers.
    private struct Shelf {
        let artifact: [UInt8]
        let picture: RGBImage

        init() async throws {
            let house = try TinyHouse()
            let (thing, concept) = try await house.recognisedThing()
            artifact = concept.artifact
            picture = TinyHouse.picture(of: thing, view: 0)
        }

        func vlm(_ model: any FrozenVLM) async throws -> PersonalizedVLM {
            let source = InMemoryConceptSource()
            try await source.set(user: "anna", name: "cup", artifact: artifact)
            return try PersonalizedVLM(
                model: model, negatives: try NegativeFeatures(model.negatives), faces: nil, concepts: source,
                decodeImage: { try RGBImage(decoding: $0) })
        }

        /// The end of an answer and the logits of each of its tokens.
        func answer(
            _ vlm: PersonalizedVLM, _ task: AnswerTask, frozen: Bool = false, search: BeamSearch? = nil
        ) async throws -> (end: AnswerEnd, logits: [[UInt32]]) {
            let logits = Locked<[[UInt32]]>([])
            var probe = AnswerProbe()
            probe.onLogits = { seen in logits.withLock { $0.append(seen.map(\.bitPattern)) } }
            for try await case .end(let end) in vlm.answer(
                user: "anna", picture: picture, task: task, sampling: Sampling(maximumTokens: 12, search: search),
                frozen: frozen, probe: probe)
            {
                return (end, logits.value)
            }
            throw RuntimeError(.invalidArgument, "the stream ended without its last event")
        }
    }

    @Test func theRowsTellAPlace() async throws {
        let shelf = try await Shelf()
        let vlm = try await shelf.vlm(TinyVLM.make())
        let end = try await shelf.answer(vlm, .question("Where is Zibo?")).end
        #expect(end.places.map(\.source) == [.head, .attention])
        let (place, heat) = (try #require(end.places.last), try #require(end.places.last?.heat))
        #expect(place.subject == "Zibo" && place.concept == "cup" && place.box == heat.box(width: 120, height: 90))
        #expect(heat.cells == (try await vlm.attention(user: "anna", picture: shelf.picture)["cup"]))
        #expect(heat.columns == 4 && heat.area == PictureBox(x: 0, y: 0, width: 120, height: 90))
        let searched = try await shelf.answer(vlm, .question("Where is Zibo?"), search: BeamSearch(beams: 2)).end
        #expect(searched.places == end.places, "however the words are chosen")
    }

    /// Text and logits are, bit for bit, those of a model that keeps its attention to itself.
    @Test(arguments: ["Where is Zibo?", "What is Zibo?"])
    func theAnswerIsTheSameWithout(_ question: String) async throws {
        let shelf = try await Shelf()
        let told = try await shelf.answer(shelf.vlm(WatchedVLM()), .question(question))
        let silent = try await shelf.answer(shelf.vlm(PlainVLM()), .question(question))
        #expect(told.end.text == silent.end.text && told.end.timings.tokens == silent.end.timings.tokens)
        #expect(!told.logits.isEmpty && told.logits == silent.logits)
        let heads = told.end.places.filter { $0.source == .head }
        #expect(silent.end.places == heads && told.end.places.count == 2 * heads.count)
        #expect(heads.isEmpty == question.hasPrefix("What"))
    }

    @Test func nobodyElsePaysForIt() async throws {
        let shelf = try await Shelf()
        let model = try WatchedVLM()
        let vlm = try await shelf.vlm(model)
        for task in [AnswerTask.caption, .question("What is Zibo?"), .question("Where is the table?")] {
            #expect(try await shelf.answer(vlm, task).end.places.isEmpty, "\(task)")
        }
        #expect(try await shelf.answer(vlm, .question("Where is Zibo?"), frozen: true).end.places.isEmpty)
        _ = try await vlm.recognize(user: "anna", picture: shelf.picture)
        #expect(model.asked.attention == 0 && model.asked.prefixes == 4)
        _ = try await shelf.answer(vlm, .question("Where is Zibo?"))
        #expect(model.asked.attention == 1 && model.asked.prefixes == 5, "the prefix of the answer is used")
    }
}
