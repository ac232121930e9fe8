import Service
import Testing

@Test func versionIsSemantic() {
    #expect(ServerVersion.current.split(separator: ".").count == 3)
}
