import Foundation
import Testing

/// Checklists and pages name files in the order in which they are read or written: one that was moved or renamed misleads
/// whoever follows them.
@Suite(.timeLimit(.minutes(10))) struct DocumentTests {
    private static let pages = ["CONTRIBUTING.md", "README.md", "SECURITY.md"]

    /// Stand for a name of the reader's.
    private static let placeholders = ["…", "*", "NAME", "VersionN"]

    /// Folders that a run makes and the repository does not hold: what lies in them is not there in a fresh checkout.
    private static func madeByRuns() throws -> [String] {
        let ignored = try Repository.text(of: Repository.root.appending(path: ".gitignore"))
        return ignored.split(separator: "\n").filter { $0.hasPrefix("/") && $0.hasSuffix("/") }.map {
            String($0.dropFirst())
        }
    }

    private static func documents() throws -> [URL] {
        pages.map { Repository.root.appending(path: $0) } + (try Repository.files(in: ["Docs"], extensions: ["md"]))
    }

    @Test func everyFileThatIsNamedIsThere() throws {
        let pattern = /`((?:Sources|Tests|Tools|Scripts|Benchmarks|Models|Demo|Docs|proto)\/[^`\s#]*)/
        let made = try Self.madeByRuns()
        var count = 0
        for document in try Self.documents() {
            for match in try Repository.text(of: document).matches(of: pattern) {
                let path = String(match.output.1)
                guard !Self.placeholders.contains(where: path.contains), !made.contains(where: path.hasPrefix) else {
                    continue
                }
                count += 1
                let file = Repository.root.appending(path: path).path(percentEncoded: false)
                #expect(FileManager.default.fileExists(atPath: file), "\(Repository.name(of: document)): \(path)")
            }
        }
        #expect(count > 50, "the reader found \(count) names")
    }

    @Test func everyPageThatIsLinkedIsThere() throws {
        var count = 0
        for document in try Self.documents() {
            for match in try Repository.text(of: document).matches(of: /\]\(([^)#:\s]+)(#[^)]*)?\)/) {
                count += 1
                let place = document.deletingLastPathComponent().appending(path: String(match.output.1))
                let file = place.standardizedFileURL.path(percentEncoded: false)
                #expect(
                    FileManager.default.fileExists(atPath: file), "\(Repository.name(of: document)): \(match.output.1)")
            }
        }
        #expect(count > 10, "the reader found \(count) links")
    }

    /// The walk of a photo is one reading: downwards, each step once.
    @Test func theWalkOfAPhotoNamesNoFileTwice() throws {
        let page = try Repository.text(of: Repository.root.appending(path: "Docs/architecture.md"))
        let from = try #require(page.range(of: "## One photo, file by file"))
        let rest = page[from.upperBound...]
        let walk = rest[..<(rest.range(of: "\n## ")?.lowerBound ?? rest.endIndex)]
        let steps = walk.split(separator: "\n").filter { $0.contains(/^\d+\.\s/) }
        let name = /`(Sources\/[^`]+\.swift)`/
        // What is continued on a second line belongs to its step.
        let names = walk.matches(of: name).map { String($0.output.1) }
        #expect(steps.count > 10 && Set(names).count == names.count, "\(names)")
    }
}
