import Foundation

/// The tree under test.
enum Repository {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Every file below the given folders (and the named files), without build products.
    static func files(in places: [String], extensions: Set<String>) throws -> [URL] {
        var found: [URL] = []
        for place in places {
            let start = root.appending(path: place)
            let manager = FileManager.default
            guard let walk = manager.enumerator(at: start, includingPropertiesForKeys: [.isRegularFileKey]) else {
                continue
            }
            for case let file as URL in walk {
                let isFile = try file.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true
                let path = file.path(percentEncoded: false)
                guard isFile, !path.contains("/.build"), !path.contains("__pycache__"), !path.contains("/Demo/out/")
                else { continue }
                if extensions.contains("") && file.pathExtension.isEmpty || extensions.contains(file.pathExtension) {
                    found.append(file)
                }
            }
        }
        return found.sorted { $0.path() < $1.path() }
    }

    static func text(of file: URL) throws -> String {
        try String(contentsOf: file, encoding: .utf8)
    }

    static func name(of file: URL) -> String {
        String(file.path(percentEncoded: false).dropFirst(root.path(percentEncoded: false).count))
    }
}
