import Foundation
import Testing

/// A field of a request is declared by `proto/`, and beside it where a person says it and where the work or the record takes it:
/// whatever lies between carries the message on, so that a new field is no walk through the house.
///
/// What a request may set is a `var` where it is declared; what only tells, an answer or a configuration, is a `let`.
@Test(.timeLimit(.minutes(10)), arguments: ["temperature", "beams", "reason"]) func aRequestsFieldIsDeclaredTwiceAtMost(
    field: String
) throws {
    // The rooms that know requests; what others call by these names is something else.
    let rooms = ["Client", "Terminal", "myvlm", "myvlmd", "Runtime", "Registry"]
    let files = try Repository.files(in: rooms.map { "Sources/\($0)" }, extensions: ["swift"])
    #expect(files.count > 200, "the walk found no sources")
    let pattern = try Regex(#"^\s*(@Option.*\s)?(public |package |private |fileprivate )*var \#(field)\s*[:=]"#)
        .anchorsMatchLineEndings()
    var places: [String] = []
    for file in files {
        for match in try Repository.text(of: file).matches(of: pattern) {
            places.append("\(Repository.name(of: file)): \(match.output[0].substring ?? "")")
        }
    }
    #expect((1...2).contains(places.count), "\(places.joined(separator: "\n"))")
}
