import ArgumentParser
import Client
import Terminal

struct ReenrollCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reenroll", abstract: "Train concepts again, from kept photos, when the server's model changed.",
        discussion: """
            EXAMPLES
              myvlm reenroll --all
              myvlm reenroll zibo
              myvlm reenroll zibo mug --detach

            A concept is trained for one model: with another, answers do without it, and `myvlm concept list` marks it. This \
            makes a new version of it for the model the server has now, from the photos kept with its version in use \
            (`myvlm enroll --keep-photos`), with the same words, seed and task. Captions are written anew. The version in use \
            stays in use until the new one is made, and `myvlm concept rollback` goes back to it. What is of the server's \
            model already is left alone. A concept that cannot be trained again does not keep the others from it.
            """)

    @Argument(help: "The concepts.", completion: .concepts)
    var names: [String] = []

    @Flag(help: "All that were made for another model than the server's.")
    var all = false

    @Flag(help: "Train those too that are of the server's model already.")
    var force = false

    @OptionGroup var enrollment: EnrollmentArguments
    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    func validate() throws {
        guard all != !names.isEmpty else { throw ValidationError("name concepts, or say --all") }
    }

    func run() async throws {
        try await CommandRunner.run(connection) { client, _ in
            let round = ReenrollmentRound(client: client, command: self)
            let outcomes = all ? try await round.all() : try await round.of(names)
            if output.json { try JSONOutput.write(ReenrollmentRound.Listing(concepts: outcomes)) }
            try round.tellFailures(outcomes)
        }
    }
}
