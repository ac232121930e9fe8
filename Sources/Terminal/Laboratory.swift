package import Client
import Foundation

/// The program beside this one that holds the engine, for what no server does: evaluations, and reading the files of
/// MyVLM's published code. It takes the place of this process, so that streams, signals and the status are its own.
package enum Laboratory {
    /// Its file's name.
    package static let name = "myvlm-lab"

    /// Goes on as the laboratory with the arguments this process was given.
    package static func takeOver() throws(MyVLMError) -> Never {
        try takeOver(RawArguments.bytes)
    }

    /// Goes on as the laboratory with arguments; returns only by throwing.
    package static func takeOver(_ arguments: [[UInt8]]) throws(MyVLMError) -> Never {
        let path = try beside()
        var list = ([Array(path.utf8)] + arguments).map { bytes in
            (bytes + [0]).withUnsafeBytes { text in
                text.baseAddress.flatMap { strdup($0.assumingMemoryBound(to: CChar.self)) }
            }
        }
        list.append(Optional<UnsafeMutablePointer<CChar>>.none)
        // A thread of the pool blocks signals, and the new program would inherit that.
        var none = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, nil)
        BrokenPipe.restore()
        Interrupts.handBack()
        execv(path, list)
        let why = String(cString: strerror(errno))
        BrokenPipe.prepare()
        throw MyVLMError(.configuration, "\(path) cannot be started (\(why)); install \(name) beside myvlm again")
    }

    /// Where it is: in the folder of this program's own file, links followed.
    private static func beside() throws(MyVLMError) -> String {
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        let path = (own.split(separator: "/").dropLast().map { "/\($0)" }.joined()) + "/\(name)"
        guard access(path, X_OK) == 0 else {
            throw MyVLMError(
                .configuration,
                "this needs \(name), which is not beside myvlm (\(path)); install both programs in one folder")
        }
        return path
    }
}
