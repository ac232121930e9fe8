/// A certificate authority of its own and a server certificate from it, as PEM.
package struct ServerCertificates: Sendable {
    /// What clients trust.
    package let authority: [UInt8]
    /// The authority's private key.
    package let authorityKey: [UInt8]
    /// The server's certificate.
    package let certificate: [UInt8]
    /// The server's private key.
    package let key: [UInt8]

    /// The names every server has.
    package static let localHosts = ["localhost", "127.0.0.1", "::1"]

    /// Fresh keys (EC P-256) and certificates for the local names and `hosts`; ten years for the authority, and 825
    /// days for the server, the longest that common clients accept.
    package init(hosts: [String]) throws(ServiceError) {
        var names = Self.localHosts
        for host in hosts where !names.contains(host) { names.append(host) }
        let authorityPair = try KeyPair()
        let serverPair = try KeyPair()
        let root = try Certificate.authority(authorityPair, name: "MyVLM server authority", days: 3_650)
        let server = try Certificate.server(serverPair, hosts: names, days: Self.serverDays, by: root, authorityPair)
        authority = try root.pem()
        authorityKey = try authorityPair.pem()
        certificate = try server.pem()
        key = try serverPair.pem()
    }
}
