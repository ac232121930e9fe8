import Service
import Testing

@Test(.timeLimit(.minutes(10))) func versionIsSemantic() {
    #expect(ServerVersion.current.split(separator: ".").count == 3)
}
