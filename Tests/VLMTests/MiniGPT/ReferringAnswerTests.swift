import Testing
import VLM

/// Where something is, as it is asked and answered.
@Suite(.timeLimit(.minutes(10))) struct ReferringAnswerTests {
    @Test(
        arguments: [
            ("{<10><20><50><100>}", [40, 40, 160, 160]),
            ("<p>zibo</p> {<0><0><100><100>}", [0, 0, 400, 200]),
            // The first one that is a box.
            ("{<7><7><7><9>} or {<25><5><26><6>}<delim>{<0><0><9><9>}", [100, 10, 4, 2]),
        ] as [(String, [Float])])
    func aBoxIsInThePhotosPixels(_ words: String, _ expected: [Float]) throws {
        let answer = ReferringAnswer(words, width: 400, height: 200)
        let box = try #require(answer.box)
        #expect([box.x, box.y, box.width, box.height] == expected && answer.words == words)
    }

    @Test(arguments: [
        "", "on the table", "{<10><20><50>}", "{<10><20><50><101>}", "{<-1><20><50><60>}", "{<50><20><10><60>}",
        "{<10><60><50><20>}", "{<10><20><10><60>}", "{<10><20><50><20>}", "{<10><20><50><60>", "{<1.5><20><50><60>}",
        "{<10><20><50><60><70>}", "{<99999999999999999999><0><1><1>}", "{<١><٢><٣><٤>}", "{<10> <20> <50> <60>}",
    ])
    func whatIsNoBoxKeepsItsWords(_ words: String) {
        #expect(ReferringAnswer(words, width: 400, height: 200) == ReferringAnswer(words, width: 0, height: 0))
        #expect(ReferringAnswer(words, width: 400, height: 200).box == nil)
        #expect(ReferringAnswer(words, width: 400, height: 200).words == words)
    }

    @Test func aBoxIsOfTheWordsBeforeIt() {
        let said =
            "{<0><0><1><1>}<p> the  red mug </p> {<10><20><50><100>}<delim>{<0><0><50><50>}<p>x</p>{<5><5><5><5>}"
        let places = ReferringAnswer(said, width: 100, height: 100).places
        #expect(places.map(\.phrase) == ["", "the red mug", "the red mug"])
        #expect(places.map(\.box.width) == [1, 40, 50] && places.map(\.box.height) == [1, 80, 50])
    }

    @Test func aPictureWithoutPixelsHasNoBox() {
        #expect(ReferringAnswer("{<10><20><50><60>}", width: 0, height: 10).box == nil)
    }

    @Test(
        arguments: [
            ("Where is Zibo?", "Zibo"), ("where's zibo in the photo", "Zibo"), ("Where are the twins?!", "the twins"),
            ("Where is Zibo sitting?", nil), ("Where is Bob?", nil), ("Is Zibo here?", nil), ("where is ", nil),
            ("", nil),
            ("Where is Zibo in the image ?", "Zibo"),
        ] as [(String, String?)])
    func thePlaceOfAKnownNameIsAskedFor(_ question: String, _ subject: String?) {
        #expect(PlaceQuestion.subject(of: question, among: ["Zibo", "the twins"]) == subject)
    }

    @Test(
        arguments: [
            ("Where is Zibo?", "Zibo"), ("ZIBO", "Zibo"), ("the red  mug", "the red mug"),
            ("where's the Red mug in this photo?", "the Red mug"), ("Where is?", "Where is?"), ("", ""),
        ])
    func wherePlacesAreAskedForAnyThingIsOne(_ words: String, _ subject: String) {
        #expect(PlaceQuestion.subject(ofPlace: words, among: ["Zibo"]) == subject)
    }
}
