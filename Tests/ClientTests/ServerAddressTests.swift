import Client
import Testing

@Suite(.timeLimit(.minutes(10))) struct ServerAddressTests {
    @Test(arguments: [
        ("localhost:7443", "localhost:7443"), ("https://localhost:7443", "localhost:7443"),
        ("HTTPS://[::1]:7443/", "[::1]:7443"), ("127.0.0.1:1", "127.0.0.1:1"), ("host:65535//", "host:65535"),
    ])
    func theseAreTaken(_ given: String, _ address: String) throws {
        let options = try ConnectionOptions(server: given, authorityFile: "ca.pem")
        #expect(options.address == address)
    }

    /// `https://` in front was told to be an IPv6 address without brackets.
    @Test(arguments: [
        ("http://localhost:7443", "leave that out and write localhost:7443"), ("grpc://h:1", "write h:1"),
        ("localhost", "write localhost:7443"), ("https://localhost", "write localhost:7443"),
        ("localhost:", "write localhost:7443"), (":7443", "write localhost:7443"), ("", "HOST:PORT"),
        ("localhost:0", "between 1 and 65535"), ("localhost:65536", "between 1 and 65535"),
        ("localhost:+7", "between 1 and 65535"), ("localhost:seven", "between 1 and 65535"),
        ("::1:7443", "[::1]:7443"), ("[::1]", "write [::1]:7443"), ("[::1]7443", "write [::1]:7443"), ("[]:1", "[::1]"),
        ("https://host:7443/v1", "write host:7443"), ("ada@host:7443", "write host:7443"),
        ("ho st:7443", "write host:7443"),
    ])
    func othersSayWhatToWrite(_ given: String, _ advice: String) {
        do {
            let options = try ConnectionOptions(server: given, authorityFile: "ca.pem")
            Issue.record("\(given) is taken for \(options.address)")
        } catch {
            #expect(error.code == .usage && error.message.contains(advice), "\(given): \(error.message)")
            #expect(error.message.contains("\"\(given)\""), "\(error.message)")
        }
    }
}
