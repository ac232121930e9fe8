import Foundation
import ProcessTestSupport
import Testing

/// `myvlm` is for people without the engine's libraries; what needs them is in `myvlm-lab` beside it.
@Suite(.timeLimit(.minutes(10))) struct ProgramTests {
    private static func libraries(of program: String) async throws -> String {
        let running = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let folders = [running, CommandLine.arguments.first ?? ""].map {
            URL(filePath: $0).deletingLastPathComponent().path()
        }
        let path = try #require(folders.map { $0 + "/" + program }.first(where: FileManager.default.isExecutableFile))
        let told = try await Program(path: "/usr/bin/env", environment: ["PATH": "/usr/bin:/bin"]).run(["ldd", path])
        #expect(told.code == 0, "\(told)")
        return told.out
    }

    @Test func theCommandLineLinksNoEngine() async throws {
        let libraries = try await Self.libraries(of: "myvlm")
        for engine in ["blas", "lapack", "gfortran", "dlib"] {
            #expect(!libraries.contains(engine), "myvlm links \(engine): \(libraries)")
        }
        #expect(libraries.contains("libssl"), "what is looked at is the program: \(libraries)")
    }

    @Test func theLaboratoryLinksIt() async throws {
        let libraries = try await Self.libraries(of: "myvlm-lab")
        #expect(libraries.contains("blas") && libraries.contains("dlib"), "\(libraries)")
    }
}
