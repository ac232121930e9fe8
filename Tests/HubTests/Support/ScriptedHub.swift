import Foundation
import Hub
import LocalFiles

/// A hub without a network: what it answers is told request by request.
final class ScriptedHub: HubTransport {
    /// One answer, with its body in pieces, and how it ends.
    struct Answer {
        var status = 200
        var headers: [(String, String)] = []
        var pieces: [[UInt8]] = []
        var end: TransportError?

        static func json(_ text: String) -> Answer { Answer(pieces: [Array(text.utf8)]) }
    }

    /// Every request, in order.
    private(set) var requests: [HubRequest] = []
    private let answer: (HubRequest, Int) -> Answer

    /// Is given each request with its number.
    init(_ answer: @escaping (HubRequest, Int) -> Answer) { self.answer = answer }

    func send(_ request: HubRequest, _ read: Reader) throws -> HubAnswer {
        let answer = answer(request, requests.count)
        requests.append(request)
        let head = HubAnswer(status: answer.status, headers: answer.headers)
        for piece in answer.pieces {
            if case .enough = try piece.withUnsafeBytes({ try read(head, $0) }) { return head }
        }
        if let end = answer.end { throw end }
        return head
    }
}

/// A hub of one model in memory, beside a cache in a folder of its own.
final class ScriptedModel {
    static let commit = String(repeating: "c", count: 40)
    static let files = SampleModel.files().filter { SampleModel.needed.contains($0.key) }

    let folder = NSTemporaryDirectory() + "hub-scripted-\(UUID().uuidString)"
    let told = Told()
    private(set) var hub: ScriptedHub
    private(set) var client: HubClient

    /// `change` may give another answer than a good one.
    init(_ change: @escaping (HubRequest, Int, ScriptedHub.Answer) -> ScriptedHub.Answer = { $2 }) throws {
        let settings = try HubSettings(
            environment: ["HF_HOME": folder, "HF_ENDPOINT": "https://hub.example", "HF_TOKEN": "hf_x"], home: nil)
        let hub = ScriptedHub { change($0, $1, Self.good($0)) }
        let told = told
        self.hub = hub
        client = HubClient(settings, transport: hub, wait: { told.add(wait: $0) }, tell: { told.add($0) })
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    var cache: ModelCache { client.cache }

    /// Requests of weights, by the byte they begin with; those of headers aside.
    var starts: [Int] {
        hub.requests.filter { $0.url.path.hasSuffix("/model.safetensors") }.compactMap {
            switch $0.bytes {
            case .all: 0
            case .from(let start): start
            case .first: nil
            }
        }
    }

    private static func good(_ request: HubRequest) -> ScriptedHub.Answer {
        let path = request.url.path
        if path.hasPrefix("/api/models/owner/name/revision/") { return .json(#"{"sha": "\#(commit)"}"#) }
        if path.hasSuffix("/tree/\(commit)") {
            let entries = files.sorted { $0.key < $1.key }.map { name, bytes in
                name.hasSuffix(".safetensors")
                    ? #"{"type": "file", "path": "\#(name)", "size": \#(bytes.count), "oid": "1", "lfs": {"oid": "\#(SampleModel.sha256(bytes).text)", "size": \#(bytes.count)}}"#
                    : #"{"type": "file", "path": "\#(name)", "size": \#(bytes.count), "oid": "\#(SampleModel.gitBlob(bytes).text)"}"#
            }
            return .json("[" + entries.joined(separator: ",") + "]")
        }
        guard let name = path.split(separator: "/").last, let bytes = files[String(name)] else {
            return ScriptedHub.Answer(status: 404, headers: [("x-error-code", "EntryNotFound")])
        }
        let range: Range<Int>
        switch request.bytes {
        case .all: range = 0..<bytes.count
        case .from(let start): range = min(start, bytes.count)..<bytes.count
        case .first(let count): range = 0..<min(count, bytes.count)
        }
        let isPart = range.count < bytes.count
        return ScriptedHub.Answer(
            status: isPart ? 206 : 200,
            headers: isPart
                ? [("content-range", "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(bytes.count)")] : [],
            pieces: stride(from: range.lowerBound, to: range.upperBound, by: 50_000).map {
                Array(bytes[$0..<min($0 + 50_000, range.upperBound)])
            })
    }
}
