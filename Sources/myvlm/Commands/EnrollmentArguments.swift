import ArgumentParser

/// What `enroll` and `reenroll` share.
struct EnrollmentArguments: ParsableArguments {
    @OptionGroup var history: HistoryArguments

    @Option(help: "Which of the server's models to teach (default: the first; to train again, the concept's own).")
    var model: String = ""

    @Flag(help: "End when the server has taken it on; `myvlm jobs attach` tells how it goes.")
    var detach = false

    @Flag(help: "Write one JSON object an event.")
    var jsonl = false
}
