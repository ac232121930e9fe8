import Foundation
import Testing

private let sources = ["Sources", "Tests", "Benchmarks"]

@Test(.timeLimit(.minutes(10))) func filesHoldOneIdea() throws {
    let files = try Repository.files(in: sources, extensions: ["swift", "c", "h", "cpp"])
        .filter { !Repository.name(of: $0).contains("pb-c") && !Repository.name(of: $0).contains("Generated") }
    #expect(files.count > 20, "the walk found no sources")
    for file in files {
        let lines = try Repository.text(of: file).split(separator: "\n", omittingEmptySubsequences: false).count
        #expect(lines <= 501, "\(Repository.name(of: file)) has \(lines) lines: split it")
    }
}

/// Sources may rely on an invariant the compiler cannot see only where it stands beside.
@Test(.timeLimit(.minutes(10))) func sourcesForceNothing() throws {
    let pattern = /try!|\bas!|TODO|FIXME|XXX/
    for file in try Repository.files(in: ["Sources", "Benchmarks"], extensions: ["swift"]) {
        for (number, line) in try Repository.text(of: file).split(separator: "\n", omittingEmptySubsequences: false)
            .enumerated() where line.contains(pattern)
        {
            Issue.record("\(Repository.name(of: file)):\(number + 1): \(line)")
        }
    }
}

/// Nothing in the tree knows the machine it was written on.
@Test(.timeLimit(.minutes(10))) func treeNamesNoMachine() throws {
    let pattern = try Regex(#"/(root|home)/[a-z]|/work"# + #"/|/tmp/bash"#)
    let files = try Repository.files(
        in: ["Sources", "Tests", "Benchmarks", "Scripts", "Tools", "Docs", "proto", ".ci"],
        extensions: ["swift", "c", "h", "cpp", "py", "md", "proto", "json", "txt", "sh", "pov", "inc", ""])
    for file in files where file.lastPathComponent != "TreeTests.swift" {
        for (number, line) in try Repository.text(of: file).split(separator: "\n", omittingEmptySubsequences: false)
            .enumerated() where line.contains(pattern)
        {
            Issue.record("\(Repository.name(of: file)):\(number + 1): \(line)")
        }
    }
}

@Test(.timeLimit(.minutes(10))) func scriptsAreExecutableBash() throws {
    for name in [
        "Scripts/setup", "Scripts/test", "Scripts/sanitize", "Scripts/coverage", "Scripts/demo", "Scripts/bench",
        "Scripts/attack", "Scripts/tour", "Scripts/docs", ".ci/run",
        "Tools/scenes/render",
    ] {
        let file = Repository.root.appending(path: name)
        #expect(FileManager.default.isExecutableFile(atPath: file.path(percentEncoded: false)), "\(name)")
        #expect(try Repository.text(of: file).hasPrefix("#!/usr/bin/env bash\n"), "\(name)")
    }
}

/// The demo's photos are small enough for a repository.
@Test(.timeLimit(.minutes(10))) func demoPhotosAreSmall() throws {
    let photos = try Repository.files(in: ["Demo/photos"], extensions: ["jpg"])
    #expect(photos.count >= 8)
    for photo in photos {
        let size = try photo.resourceValues(forKeys: [.fileSizeKey]).fileSize ?? 0
        #expect((1...100_000).contains(size), "\(Repository.name(of: photo)) has \(size) bytes")
    }
}

/// Weights in the repository stay within the 48 MiB that a clone is asked to carry.
@Test(.timeLimit(.minutes(10))) func modelInTheRepositoryIsSmall() throws {
    let files = try Repository.files(in: ["Models"], extensions: ["json", "safetensors", "md"])
    let total = try files.reduce(0) { try $0 + ($1.resourceValues(forKeys: [.fileSizeKey]).fileSize ?? 0) }
    #expect(total > 1 << 20 && total <= 48 << 20, "\(total) bytes")
}
