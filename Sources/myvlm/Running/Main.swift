import ArgumentParser
import Client
import Foundation
import LocalFiles

/// The program: arguments as the system gave them, one writer for all output, one status.
@main
enum Main {
    static func main() async {
        Console.prepare()
        let status = await run(RawArguments.all)
        exit(Console.settled(status))
    }

    private static func run(_ arguments: [String]) async -> Int32 {
        do {
            try CommandNames.check(arguments)
            var command = try await MyVLM.asyncParseAsRoot(arguments)
            try RawArguments.checkText(of: command, arguments)
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            return 0
        } catch {
            return tell(error, arguments)
        }
    }

    /// Help goes to standard output, what is wrong to standard error.
    private static func tell(_ error: any Error, _ arguments: [String]) -> Int32 {
        let text = MyVLM.fullMessage(for: error)
        let status = MyVLM.exitCode(for: error).rawValue
        guard !text.isEmpty else { return status }
        guard status == 0 else {
            Console.error(Console.shown(text))
            if let hint = DashedNames.hint(arguments) { Console.error(Console.shown(hint)) }
            return status
        }
        do {
            try Console.out(text)
            return 0
        } catch {
            Console.error("myvlm: \(error.message)")
            return error.exitCode
        }
    }
}
