import Runtime
import Testing

@Test(.timeLimit(.minutes(10))) func descriptionShowsCodeAndMessage() {
    #expect(RuntimeError(.faceCount, "no face in a.jpg").description == "faceCount: no face in a.jpg")
}
