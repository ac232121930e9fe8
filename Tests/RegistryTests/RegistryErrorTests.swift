import Registry
import Testing

@Test(.timeLimit(.minutes(10))) func descriptionShowsCodeAndMessage() {
    #expect(RegistryError(.notFound, "no concept named x").description == "notFound: no concept named x")
}
