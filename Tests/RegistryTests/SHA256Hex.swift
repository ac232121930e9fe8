import ProcessTestSupport

/// SHA-256 by another hand than the registry's: the system's `sha256sum`.
enum SHA256Hex {
    static func of(_ text: String) async throws -> String {
        String(try await Program(path: "/usr/bin/sha256sum").run([], input: text).out.prefix(64))
    }
}
