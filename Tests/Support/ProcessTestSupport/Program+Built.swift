import Foundation

extension Program {
    /// A built binary of this project, the one beside the test bundle.
    package static func built(_ name: String, environment: [String: String]) throws -> Program {
        let running = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let folders = [running, CommandLine.arguments.first ?? ""].map {
            URL(filePath: $0).deletingLastPathComponent().path()
        }
        guard let found = folders.map({ $0 + "/" + name }).first(where: FileManager.default.isExecutableFile) else {
            throw CocoaError(.fileNoSuchFile, userInfo: [NSFilePathErrorKey: "\(name) beside \(folders)"])
        }
        return Program(path: found, environment: environment)
    }
}
