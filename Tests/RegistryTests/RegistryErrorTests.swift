import Registry
import Testing

@Test func descriptionShowsCodeAndMessage() {
    #expect(RegistryError(.notFound, "no concept named x").description == "notFound: no concept named x")
}
