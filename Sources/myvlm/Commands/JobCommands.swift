import ArgumentParser
import Client
import Terminal

struct JobsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jobs", abstract: "Look after your enrollments.",
        discussion: """
            EXAMPLES
              myvlm enroll zibo --class mug --detach mug*.jpg
              myvlm jobs list
              myvlm jobs attach 0123456789abcdef0123456789abcdef

            An enrollment is written down before it begins. When the server stops or crashes meanwhile, the next start \
            goes on with it and makes the same version. One that was not detached ends with the call that began it.
            """,
        subcommands: [
            JobsListCommand.self, JobsShowCommand.self, JobsAttachCommand.self, JobsResumeCommand.self,
            JobsCancelCommand.self,
        ])
}

struct JobsListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List your enrollments, newest first.",
        discussion: """
            EXAMPLES
              myvlm jobs list
              myvlm jobs list --limit 100 --json
            """)

    @Option(help: "How many, at most 1000.")
    var limit: Int = 20

    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    private struct Listing: Encodable { let jobs: [Job] }

    func validate() throws {
        try Bound.check(limit, Limits.listing, "--limit")
    }

    func run() async throws {
        try await CommandRunner.run(connection) { client, _ in
            let jobs = try await client.jobs(limit: limit)
            if output.json { return try JSONOutput.write(Listing(jobs: jobs)) }
            var table = Table(["JOB", "CONCEPT", "STATE", "STAGE", "MADE", "VERSION"])
            for job in jobs {
                table.add([
                    job.id, job.concept, job.state, job.stage.isEmpty ? "-" : job.stage,
                    Format.time(job.createdAtMs), Format.version(job.version),
                ])
            }
            try table.write()
        }
    }
}

/// A job's fields, one a line.
private func show(_ job: Job, _ output: OutputArguments) throws {
    if output.json { return try JSONOutput.write(job) }
    var table = Table(["job", job.id])
    table.add(["concept", job.concept])
    table.add(["state", job.state])
    if !job.stage.isEmpty { table.add(["stage", job.stage]) }
    if job.steps > 0 { table.add(["step", "\(job.step) of \(job.steps)"]) }
    table.add(["attempts", "\(job.attempts)"])
    table.add(["made", Format.time(job.createdAtMs)])
    if let at = job.startedAtMs.unlessZero { table.add(["begun", Format.time(at)]) }
    if let at = job.finishedAtMs.unlessZero { table.add(["ended", Format.time(at)]) }
    table.add(["spent", Format.seconds(Float(job.spentMs) / 1_000)])
    if let version = job.version.unlessZero { table.add(["version", "v\(version)"]) }
    if let error = job.error.unlessEmpty { table.add(["error", error]) }
    try table.write()
}

struct JobsShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show an enrollment.",
        discussion: """
            EXAMPLES
              myvlm jobs show 0123456789abcdef0123456789abcdef
            """)

    @Argument(help: "The job.")
    var id: String

    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    func run() async throws {
        try await CommandRunner.run(connection) { client, _ in try show(try await client.job(id), output) }
    }
}

struct JobsAttachCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attach", abstract: "Tell how an enrollment goes until it ends; Ctrl-C does not end it.",
        discussion: """
            EXAMPLES
              myvlm jobs attach 0123456789abcdef0123456789abcdef
            """)

    @Argument(help: "The job.")
    var id: String

    @Flag(help: "Write one JSON object an event.")
    var jsonl = false

    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    func run() async throws {
        try await CommandRunner.run(connection) { client, _ in
            var view = EnrollmentView(json: output.json, jsonl: jsonl, quiet: output.quiet)
            defer { view.end() }
            var isDone = false
            for try await event in client.attach(id) {
                try view.show(event)
                if case .done = event { isDone = true }
            }
            try Task.checkCancellation()
            // One that was over already is shown as it ended.
            if !isDone, !jsonl { try show(try await client.job(id), output) }
        }
    }
}

struct JobsResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Try a failed enrollment again, with the photos it had.",
        discussion: """
            EXAMPLES
              myvlm jobs resume 0123456789abcdef0123456789abcdef
            """)

    @Argument(help: "The job.")
    var id: String

    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    func run() async throws {
        try await CommandRunner.run(connection) { client, _ in
            let job = try await client.resumeJob(id)
            try output.show(
                job, "\(job.concept) waits for its turn again; `myvlm jobs attach \(job.id)` tells how it goes")
        }
    }
}

struct JobsCancelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel", abstract: "End an enrollment; no version is made then.",
        discussion: """
            EXAMPLES
              myvlm jobs cancel 0123456789abcdef0123456789abcdef
            """)

    @Argument(help: "The job.")
    var id: String

    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    func run() async throws {
        try await CommandRunner.run(connection) { client, _ in
            let job = try await client.cancelJob(id)
            try output.show(job, "the enrollment of \(job.concept) is cancelled")
        }
    }
}
