import Registry

/// The variables a server reads.
public enum ServerEnvironment {
    /// All that begin with `MYVLMD_`.
    static let known = [MasterKeys.variable]

    /// A sentence for each unknown variable that begins with `MYVLMD_`: a misspelt one would otherwise be ignored
    /// silently.
    public static func warnings(_ environment: [String: String]) -> [String] {
        environment.keys.filter { $0.hasPrefix("MYVLMD_") && !known.contains($0) }.sorted().map { name in
            let nearest = NearestName.of(name, among: known).map { "did you mean \($0)?" }
            return
                "the variable \(name) is unknown to myvlmd; \(nearest ?? "it reads \(known.joined(separator: ", "))")"
        }
    }
}
