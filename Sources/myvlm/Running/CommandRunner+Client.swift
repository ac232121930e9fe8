import Client
import Terminal

extension CommandRunner {
    /// Runs a body with a client for the resolved context, which is closed whatever happens.
    static func run(
        _ connection: ConnectionArguments,
        _ body: @escaping @Sendable (MyVLMClient, ResolvedContext) async throws -> Void
    ) async throws {
        try await run {
            let context = try connection.resolve()
            let client = try MyVLMClient(context.connection, token: context.token)
            do {
                try await body(client, context)
            } catch {
                await client.close()
                throw error
            }
            await client.close()
        }
    }
}
