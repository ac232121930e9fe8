import ArgumentParser
import Client
import LocalFiles
import Terminal

struct EnrollCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enroll", abstract: "Teach a thing or a person from a few photos; makes a new version.",
        discussion: """
            EXAMPLES
              myvlm enroll zibo mug1.jpg mug2.jpg mug3.jpg
              myvlm enroll ann --person --class woman ann1.jpg ann2.jpg ann3.jpg
              myvlm enroll zibo --class mug --captions captions.json mug*.jpg
              myvlm enroll zibo --class mug --questions mug*.jpg

            What is not said is found out from the photos, and told. A captions file is captions.json as MyVLM has it, \
            {"mug1.jpg": ["zibo on a table", ...]}, with the name or {concept} once in a sentence, or lines of a photo's \
            file name, a tab and a sentence. Ctrl-C cancels: \
            then no version is made, now or later. When the server is restarted meanwhile, it goes on by itself: \
            `myvlm jobs list`.
            """)

    @Argument(help: "How you call it.")
    var name: String

    @Argument(help: "JPEG, PNG or WebP files; three to five different views are best.")
    var photos: [LocalPath]

    @Option(name: .customLong("class"), help: "What it is: dog, mug, woman (default: the model says it).")
    var classNoun: String = ""

    @Flag(help: "A person: recognised by face.")
    var person = false

    @Flag(help: "A thing or an animal.")
    var object = false

    @Option(help: "The word answers use, three words at most (default: the name).")
    var identifier: String = ""

    @Option(help: "A file of captions for the photos (default: the model writes them).")
    var captions: LocalPath?

    @Flag(help: "Learn to answer questions about it, not only to caption it.")
    var questions = false

    @Option(help: "Same photos, captions and seed: same version.")
    var seed: UInt64 = 0

    @Option(help: "Commit only if this version is in use then.")
    var ifVersion: Int?

    @Flag(help: "Commit only if there is no concept of that name then.")
    var onlyNew = false

    @Flag(help: "Keep the photos on the server, sealed; without it they are deleted after the training.")
    var keepPhotos = false

    @OptionGroup var enrollment: EnrollmentArguments
    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    func validate() throws {
        if person, object { throw ValidationError("a concept is a person or an object; choose one") }
        if onlyNew, ifVersion != nil { throw ValidationError("--only-new and --if-version exclude each other") }
        try Bound.check(ifVersion, Limits.versions, "--if-version")
    }

    func run() async throws {
        try await CommandRunner.run(connection) { client, _ in
            var order = EnrollmentOrder(
                name: name, kind: person ? .person : object ? .object : nil, classNoun: classNoun,
                identifier: identifier,
                photos: try photos.map { try Photo(path: $0) },
                captions: try captions.map { try CaptionsFile.read($0, photos: photos, name: name) } ?? [], seed: seed,
                condition: onlyNew ? .onlyNew : ifVersion.map { .ifVersion($0) } ?? .always,
                reason: enrollment.history.reason)
            order.detach = enrollment.detach
            order.keepPhotos = keepPhotos
            order.model = enrollment.model
            order.task = questions ? .questions : .caption
            var view = EnrollmentView(json: output.json, jsonl: enrollment.jsonl, quiet: output.quiet)
            // The progress bar's line is ended however the enrollment ends.
            defer { view.end() }
            for try await event in client.enroll(order) {
                try view.show(event)
                if enrollment.detach, case .job(let job) = event {
                    if output.json { return try JSONOutput.write(job) }
                    if !enrollment.jsonl { try Console.out(job.id) }
                    return
                }
            }
            try Task.checkCancellation()
        }
    }
}
