import Runtime
import Testing

@Test func descriptionShowsCodeAndMessage() {
    #expect(RuntimeError(.faceCount, "no face in a.jpg").description == "faceCount: no face in a.jpg")
}
