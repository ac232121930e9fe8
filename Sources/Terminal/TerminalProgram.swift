package import ArgumentParser
import Client
import Foundation
import LocalFiles

/// A program of the command line: arguments as the system gave them, one writer for all output, one status.
package struct TerminalProgram {
    private let root: any AsyncParsableCommand.Type

    /// The program whose commands stand below `root`.
    package init(_ root: any AsyncParsableCommand.Type) { self.root = root }

    /// Parses the arguments, runs what they name and ends the process. To be called before anything is opened.
    package func runAndExit() async -> Never {
        Console.prepare()
        let status = await run(RawArguments.all)
        exit(Console.settled(status))
    }

    private func run(_ arguments: [String]) async -> Int32 {
        do {
            try CommandNames(root).check(arguments)
            var command = try await root.asyncParseAsRoot(arguments)
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
    private func tell(_ error: any Error, _ arguments: [String]) -> Int32 {
        let text = root.fullMessage(for: error)
        let status = root.exitCode(for: error).rawValue
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
