import Foundation
import Testing

/// Tests neither hang nor depend on how fast a machine is.
@Suite(.timeLimit(.minutes(10))) struct WaitingTests {
    private func tests() throws -> [(name: String, lines: [Substring])] {
        let files = try Repository.files(in: ["Tests"], extensions: ["swift"])
        return try files.map {
            (
                Repository.name(of: $0),
                try Repository.text(of: $0).split(separator: "\n", omittingEmptySubsequences: false)
            )
        }
    }

    /// Attributes of Swift Testing with all their arguments, and what they stand before.
    private func attributes(_ text: String) -> [(name: Substring, arguments: Substring, indent: Int, rest: Substring)] {
        var found: [(name: Substring, arguments: Substring, indent: Int, rest: Substring)] = []
        for match in text.matches(of: /(?m)^( *)@(Suite|Test)\b/) {
            var (end, depth) = (match.range.upperBound, 0)
            while end < text.endIndex, depth > 0 || text[end] == "(" {
                if text[end] == "(" { depth += 1 }
                if text[end] == ")" { depth -= 1 }
                end = text.index(after: end)
            }
            found.append((match.2, text[match.range.upperBound..<end], match.1.count, text[end...].prefix(200)))
        }
        return found
    }

    @Test func everySuiteHasALimitOfTime() throws {
        var suites = 0
        for (name, lines) in try tests() {
            let text = lines.joined(separator: "\n")
            let limited = attributes(text).filter { $0.arguments.contains(".timeLimit(") }
            for attribute in attributes(text) where attribute.name == "Suite" || attribute.indent == 0 {
                suites += 1
                let what = attribute.rest.split(separator: "\n").first { $0.contains(/struct|func/) } ?? ""
                #expect(attribute.arguments.contains(".timeLimit("), "\(name): no limit of time: \(what)")
            }
            // Tests in a type without @Suite have the traits of nobody; those of an extension have its type's.
            let isExtension = text.contains(/(?m)^extension \w+Tests \{/)
            if !isExtension, attributes(text).contains(where: { $0.name == "Test" && $0.indent > 0 }) {
                #expect(limited.contains { $0.name == "Suite" }, "\(name): a type with tests, and no @Suite")
            }
        }
        #expect(suites > 150, "the walk found no suites")
    }

    /// Waiting in a loop without an end, or for a length of time and then looking, fails or hangs on a slow machine.
    @Test func nobodySpinsOrSleeps() throws {
        let support = "Tests/Support/WaitingTestSupport/"
        let pattern = /Task\.yield|Task\.sleep|\bu?sleep\(|sched_yield/
        for (name, lines) in try tests() where !name.hasPrefix(support) && !name.hasSuffix("WaitingTests.swift") {
            for (number, line) in lines.enumerated() where line.contains(pattern) {
                guard !line.contains("// Sleeps because:") else { continue }
                Issue.record("\(name):\(number + 1): wait with `eventually` of WaitingTestSupport instead: \(line)")
            }
        }
    }
}
