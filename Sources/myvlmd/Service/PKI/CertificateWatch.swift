import Foundation
package import Logging

/// Logs certificates of a home that expire soon or are not valid: at start, and once a day while it serves.
package struct CertificateWatch: Sendable {
    /// A certificate that clients, or the server, check.
    struct Subject: Sendable {
        let what: String
        let file: String
        let remedy: String
    }

    let subjects: [Subject]

    /// Those of a home, and the authority of its clients.
    package init(_ home: ServerHome, _ configuration: ServiceConfiguration) {
        let command = "`myvlmd certificate renew --home \(home.path)"
        var subjects = [
            Subject(
                what: "the server's certificate", file: home.certificate,
                remedy: "run \(command)` and restart the server"),
            Subject(
                what: "the server's authority", file: home.authority,
                remedy: "run \(command) --authority`, restart the server and hand the new ca.pem to everybody"),
        ]
        if let clients = configuration.clientAuthority {
            subjects.append(
                Subject(
                    what: "the authority of the clients' certificates", file: clients,
                    remedy: "put its successor into the file and restart the server"))
        }
        self.subjects = subjects
    }

    /// One line for each certificate that is not valid, or expires soon. Times in milliseconds since 1970.
    package func lines(atMs now: Int64) -> [(level: Logger.Level, message: String)] {
        subjects.flatMap { subject -> [(Logger.Level, String)] in
            // The authority's file is only for handing out; a server works without it.
            guard let lives = try? CertificateLife.read(subject.file) else { return [] }
            return lives.compactMap { life in
                let remedy = "it is \(life.subject) in \(subject.file); \(subject.remedy)"
                return switch life.state(atMs: now) {
                case .good: nil
                case .endsSoon(let days):
                    (
                        .warning,
                        "\(subject.what) expires in \(days) days, on \(Self.day(life.untilMs)): \(remedy)"
                    )
                case .expired:
                    (
                        .error,
                        "\(subject.what) has expired on \(Self.day(life.untilMs)), nobody who checks it can connect: "
                            + remedy
                    )
                case .notYetGood:
                    (
                        .error,
                        "\(subject.what) is not good before \(Self.day(life.fromMs)): check the machine's clock, or "
                            + remedy
                    )
                }
            }
        }
    }

    /// `2026-11-23`.
    static func day(_ milliseconds: Int64) -> String {
        Date(timeIntervalSince1970: Double(milliseconds) / 1_000).formatted(.iso8601.year().month().day())
    }
}
