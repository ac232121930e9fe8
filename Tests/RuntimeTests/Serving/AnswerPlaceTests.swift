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
        #expect(end.places.filter { $0.source == .words } == [place] && place.heat == nil)
        #expect(place.subject == "Zibo" && place.concept == "cup")
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

    /// Any model, no flag: what the head saw, and the box around most of it.
    @Test func aHeadTellsAPlaceOnAnyModel() async throws {
        let house = try TinyHouse()
        let (thing, concept) = try await house.recognisedThing()
        try await house.source.set(user: TinyHouse.user, name: "cup", artifact: concept.artifact)
        let picture = TinyHouse.picture(of: thing, view: 0)
        let end = try await answer(house, picture, .question("where's ZIBO?"))
        let (seen, place) = (
            try #require(end.recognitions.first), try #require(end.places.first { $0.source == .head })
        )
        #expect(end.places.count { $0.source == .head } == 1 && !end.places.contains { $0.source == .words })
        #expect(place.subject == "Zibo" && place.concept == "cup")
        let heat = try #require(place.heat)
        #expect(heat.cells == seen.heat && heat.columns == 4)
        #expect(heat.area == PictureBox(x: 0, y: 0, width: 120, height: 90))
        #expect(place.box == heat.box(width: 120, height: 90))

        for task in [AnswerTask.caption, .question("What is Zibo?"), .question("Where is the table?")] {
            #expect(try await answer(house, picture, task).places.isEmpty, "\(task)")
        }
        #expect(try await answer(house, picture, .question("Where is Zibo?"), frozen: true).places.isEmpty)
    }

    private func recognition(
        _ identifier: String, boxes: [PictureBox] = [], heat: [Float] = [], columns: Int = 0
    ) -> Recognition {
        Recognition(
            concept: identifier.lowercased(), version: 1, identifier: identifier,
            kind: boxes.isEmpty ? .object : .person,
            score: 0.9, threshold: 0.5, fired: true, boxes: boxes, heat: heat, heatColumns: columns)
    }

    /// Of everybody who fired, only those who were asked for; a person is where the face is.
    @Test func headsOfTheThingsAskedForTell() {
        let area = PictureBox(x: 10, y: 0, width: 20, height: 20)
        func places(_ asked: String) -> [AnswerPlace] {
            AnswerPlace.places(
                ofHeads: [
                    recognition("Bo", boxes: [PictureBox(x: 1, y: 2, width: 3, height: 4)]),
                    recognition("Zibo", heat: [0, 1, 0, 0], columns: 2),
                    recognition("Flat", heat: [1, 1], columns: 2), recognition("Torn", heat: [1, 2, 3], columns: 2),
                ], asked: asked, area: area, width: 40, height: 20)
        }
        let face = places("bo")
        #expect(face.map(\.box) == [PictureBox(x: 1, y: 2, width: 3, height: 4)] && face.map(\.heat) == [nil])
        #expect(face.map(\.source) == [.head] && face.map(\.concept) == ["bo"])
        #expect(places("ZIBO").map(\.box) == [PictureBox(x: 20, y: 0, width: 10, height: 10)])
        #expect(places("Flat").isEmpty && places("Torn").isEmpty && places("nobody").isEmpty)
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
