import ArgumentParser
import Foundation
import Hub
import LocalFiles
import Service

struct ModelPullCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pull", abstract: "Fetch a model from a hub into the cache that all tools share.",
        discussion: """
            EXAMPLES
              myvlmd model pull HuggingFaceTB/SmolVLM-256M-Instruct
              myvlmd model pull llava-hf/llava-1.5-7b-hf@main --dry-run          # what it would fetch, and its memory
              myvlmd model pull OWNER/NAME --include 'bank*' --include '*.bin'   # what a model does not need, too

            Fetched are configuration, processor, tokenizer and safetensors; pickled weights only when --include names them. \
            What breaks off goes on when the command is given again. Every file is compared with the digest that the hub \
            lists. Prints the model's folder.

            HF_ENDPOINT (the hub), HF_HOME and HF_HUB_CACHE (the cache), HF_TOKEN or the file token in HF_HOME, \
            HF_HUB_DOWNLOAD_TIMEOUT (seconds without a byte), HF_HUB_OFFLINE and SSL_CERT_FILE count as they do for other \
            tools. The token goes to the hub alone.
            """)

    @Argument(help: "The model: OWNER/NAME, or OWNER/NAME@REVISION with a branch, a tag or a commit.")
    var model: String

    @Option(
        name: .long,
        help: ArgumentHelp("Fetch these files too, a pattern of the shell. Repeat for more.", valueName: "pattern"))
    var include: [String] = []

    @Flag(help: "Tell what would be fetched, and fetch nothing.")
    var dryRun = false

    @Flag(help: "Write one JSON object.")
    var json = false

    func run() async throws {
        try await reportingErrors {
            let id = try ModelID(model)
            let display = PullDisplay()
            let client = try HubAccess.client(tell: display.show)
            let plan = try client.plan(id, including: include)
            display.begin(plan)
            for line in plan.lines + Self.warnings(plan) { StandardStream.complain(line) }
            if !dryRun {
                _ = try client.pull(plan)
                display.end()
            }
            try StandardStream.print(
                json ? ModelReport.encoded(ModelReport.Pull(plan, isFetched: !dryRun)) : plan.folder.shown)
        }
    }

    private static func warnings(_ plan: PullPlan) -> [String] {
        guard let type = plan.modelType, !LoadedModel.supportedTypes.contains(type) else { return [] }
        return [
            "myvlmd does not serve models of the type \(type.shownShort), but "
                + LoadedModel.supportedTypes.joined(separator: ", ")
        ]
    }
}
