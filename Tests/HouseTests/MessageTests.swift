import Foundation
import Testing

/// protobuf-c unpacks without a nesting limit: a message that contains itself, directly or through others, lets a
/// small request exhaust the stack. None may exist.
@Test(.timeLimit(.minutes(10))) func noMessageIsRecursive() throws {
    var fields: [String: Set<String>] = [:]
    for file in try Repository.files(in: ["proto"], extensions: ["proto"]) {
        var open: [String] = []
        for line in try Repository.text(of: file).split(separator: "\n") {
            let code = line.split(separator: "//", omittingEmptySubsequences: false)[0].trimmingCharacters(
                in: .whitespaces)
            if let match = code.wholeMatch(of: /message (\w+) \{(.*)/) {
                let name = String(match.1)
                #expect(fields[name] == nil, "two messages are named \(name)")
                fields[name] = []
                if !match.2.contains("}") { open.append(name) }
            } else if code.hasSuffix("{") {
                open.append(open.last ?? "")
            } else if code.hasPrefix("}") {
                _ = open.popLast()
            } else if let message = open.last, let match = code.firstMatch(of: /^(?:repeated )?(\w+) \w+ = \d+/) {
                fields[message, default: []].insert(String(match.1))
            }
        }
    }
    #expect(fields.count > 20, "the reader found no messages")
    #expect(fields["EnrollEvent"]?.contains("EnrollDone") == true, "fields of a oneof count")
    for message in fields.keys.sorted() {
        var reached: Set<String> = []
        var next = fields[message] ?? []
        while let type = next.popFirst() {
            guard fields[type] != nil, reached.insert(type).inserted else { continue }
            next.formUnion(fields[type] ?? [])
        }
        #expect(!reached.contains(message), "\(message) contains itself")
    }
}

/// The API is for everybody's compiler: nothing of ours is needed to use it, and Go and Java have a place for it.
@Test(.timeLimit(.minutes(10))) func protoFilesAskForNoCompilerOfOurs() throws {
    let files = try Repository.files(in: ["proto"], extensions: ["proto"])
    #expect(files.count > 5)
    for file in files {
        let text = try Repository.text(of: file)
        for line in text.split(separator: "\n") where line.hasPrefix("import ") {
            #expect(
                line.hasPrefix("import \"myvlm/v1/") || line == "import \"google/protobuf/descriptor.proto\";",
                "\(Repository.name(of: file)): \(line)")
        }
        #expect(!text.contains("pb_c_"), "\(Repository.name(of: file))")
        for option in ["go_package", "java_package", "java_multiple_files"] {
            #expect(text.contains("\noption \(option) = "), "\(Repository.name(of: file)) has no \(option)")
        }
    }
}
