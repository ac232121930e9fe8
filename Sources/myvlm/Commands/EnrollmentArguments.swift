import ArgumentParser

/// What `enroll` and `reenroll` share.
struct EnrollmentArguments: ParsableArguments {
    @OptionGroup var history: HistoryArguments

    @Flag(help: "End when the server has taken it on; `myvlm jobs attach` tells how it goes.")
    var detach = false

    @Flag(help: "Write one JSON object an event.")
    var jsonl = false
}
