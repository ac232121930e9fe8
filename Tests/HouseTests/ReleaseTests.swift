import Foundation
import Foundations
import Testing

/// One place says which release this is; the changelog begins with it.
@Test(.timeLimit(.minutes(10))) func theChangelogBeginsWithTheRelease() throws {
    let text = try Repository.text(of: Repository.root.appending(path: "CHANGELOG.md"))
    let heading = try #require(text.split(separator: "\n").first { $0.hasPrefix("## ") })
    #expect(heading.dropFirst(3).split(separator: " ").first.map(String.init) == Release.version)
    #expect(Release.version.wholeMatch(of: /\d+\.\d+\.\d+/) != nil)
}

/// A version that stood in a second place said 0.1.0 when the changelog said 1.0.0.
@Test(.timeLimit(.minutes(10))) func noOtherSourceNamesTheRelease() throws {
    for file in try Repository.files(in: ["Sources", "Benchmarks", "Scripts"], extensions: ["swift", ""])
    where file.lastPathComponent != "Release.swift" {
        let text = try Repository.text(of: file)
        #expect(!text.contains("\"\(Release.version)\""), "\(Repository.name(of: file))")
    }
}
