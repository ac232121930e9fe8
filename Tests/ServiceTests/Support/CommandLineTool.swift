import Foundation
import ProcessTestSupport

/// A built binary, run as a user runs it.
enum CommandLineTool {
    /// The binary beside the test bundle.
    static func named(_ name: String, environment: [String: String] = [:]) throws -> Program {
        var all = ["PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TERM": "dumb", "COLUMNS": "80"]
        all.merge(environment) { $1 }
        return try Program.built(name, environment: all)
    }
}

extension Program.Output {
    /// Standard output as a JSON object.
    var json: [String: Any] {
        get throws {
            let object = try JSONSerialization.jsonObject(with: Data(out.utf8))
            return object as? [String: Any] ?? [:]
        }
    }
}
