import Runtime
import Testing
import VLM
import VLMTestSupport

/// Where something is: from the model's words to a box in the photo, and what a model that has no such words says.
@Suite(.timeLimit(.minutes(10))) struct AnswerPlaceTests {
    private static let box = "{<10><20><50><100>}"

    private func answer(
        _ house: TinyHouse, _ picture: RGBImage, _ task: AnswerTask, frozen: Bool = false
    ) async throws -> AnswerEnd {
        for try await case .end(let end) in house.vlm.answer(
            user: TinyHouse.user, picture: picture, task: task, sampling: Sampling(maximumTokens: 200), frozen: frozen)
        {
            return end
        }
        throw RuntimeError(.invalidArgument, "the stream ended without its last event")
    }

    /// A house whose user has a concept, with a photo its head fires on.
    private func house(saying text: String) async throws -> (house: TinyHouse, picture: RGBImage) {
        let house = try TinyHouse(model: PointingVLM(saying: text))
        let (thing, concept) = try await house.recognisedThing()
        try await house.source.set(user: TinyHouse.user, name: "cup", artifact: concept.artifact)
        return (house, TinyHouse.picture(of: thing, view: 0))
    }

    @Test(arguments: [
        AnswerTask.question("Where is Zibo?"), .place("Where is zibo in the photo?"), .place("ZIBO"),
    ])
    func aConceptsPlaceIsABoxInThePhoto(_ task: AnswerTask) async throws {
        let (house, picture) = try await house(saying: Self.box)
        let end = try await answer(house, picture, task)
        #expect(end.text == Self.box && end.recognitions.map(\.concept) == ["cup"])
        let place = try #require(end.places.first)
        #expect(end.places.count == 1 && place.subject == "Zibo" && place.concept == "cup" && place.source == .words)
        // 120 x 90 pixels.
        #expect([place.box.x, place.box.y, place.box.width, place.box.height] == [12, 18, 48, 72])
    }

    @Test func otherThingsHavePlacesToo() async throws {
        let said = "<p>the red mug</p> \(Self.box)<delim>{<0><0><100><50>} <p>zibo</p> {<9><9><9><9>}{<0><0><1><2>}"
        let (house, picture) = try await house(saying: said)
        let end = try await answer(house, picture, .place("the red mug"))
        #expect(end.places.map(\.subject) == ["the red mug", "the red mug", "zibo"])
        #expect(end.places.map(\.concept) == [nil, nil, "cup"])
        #expect(end.places[1].box.width == 120 && end.places[1].box.height == 45)
        // Without concepts a name is a word like others.
        let frozen = try await answer(house, picture, .place("Zibo"), frozen: true)
        #expect(frozen.places.map(\.concept) == [nil, nil, nil])
    }

    @Test(arguments: ["", "on the table", "{<50><20><10><60>}", "{<10><20><50>"])
    func wordsThatAreNoBoxHaveNoPlace(_ said: String) async throws {
        let house = try TinyHouse(model: PointingVLM(saying: said))
        let end = try await answer(house, TinyHouse.picture(of: 3, view: 0), .place("Zibo"))
        #expect(end.text == said && end.places.isEmpty && end.finish == .stop)
    }

    /// What looks like a box in the words of a model that was not tuned for them is none.
    @Test func boxesAreReadOnlyWhereTheModelHasThem() async throws {
        let house = try TinyHouse(model: PointingVLM(saying: Self.box, answersWithBoxes: false))
        let end = try await answer(house, TinyHouse.picture(of: 3, view: 0), .question("Where is Zibo?"))
        #expect(end.text == Self.box && end.places.isEmpty)
    }

    @Test func aModelWithoutBoxesSaysSoBeforeAnyWork() async throws {
        let record = WorkRecord()
        let house = try TinyHouse(model: SteppedVLM(record: record))
        let error = await #expect(throws: RuntimeError.self) {
            _ = try await answer(house, TinyHouse.picture(of: 3, view: 0), .place("Zibo"))
        }
        #expect(error?.code == .unsupported && error?.message.contains("stepped was not tuned") == true)
        #expect(record.done.isEmpty)
    }
}
