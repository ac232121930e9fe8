import Foundation

/// Issues another server certificate for a home, from the authority that its clients trust already.
public struct CertificateRenewal: Sendable {
    /// The home.
    public let home: ServerHome
    /// Names and addresses besides those of the certificate that is replaced.
    public let hosts: [String]
    /// Where the authority's private key is.
    public let authorityKey: String

    /// Takes the arguments of `myvlmd certificate renew`; `authorityKey` nil takes the home's.
    public init(home: ServerHome, hosts: [String] = [], authorityKey: String? = nil) {
        self.home = home
        self.hosts = hosts
        self.authorityKey = authorityKey ?? home.authorityKey
    }

    /// Replaces `server.pem` in one step, for the same names and, where there is one, the same key. Returns how long the
    /// new one is good: 825 days, or as long as the authority. Throws `missingFile` or `badData` for an authority whose
    /// files are not there or do not belong together, and `badData` for one that has itself expired.
    /// - Parameter nowMs: milliseconds since 1970.
    public func renew(nowMs: Int64) throws(ServiceError) -> CertificateLife {
        try VitalFile(
            path: home.authority,
            remedy: "restore it: it is the file that clients have; or make another with --authority"
        ).check()
        try VitalFile(
            path: authorityKey, remedy: "put it back for the renewal, or name it with --authority-key FILE"
        ).check()
        let authority = try Certificate(file: home.authority)
        let authorityPair = try KeyPair(file: authorityKey)
        guard authority.belongs(to: authorityPair) else {
            throw ServiceError(
                .badData,
                "\(authorityKey) is not the key of \(home.authority); name the right one with --authority-key FILE")
        }
        let days = (authority.life.untilMs - nowMs) / 86_400_000
        guard days >= 1, nowMs >= authority.life.fromMs else {
            throw ServiceError(
                .badData,
                "the authority in \(home.authority) is good from \(CertificateWatch.day(authority.life.fromMs)) to "
                    + "\(CertificateWatch.day(authority.life.untilMs)) only; check the machine's clock, or make another "
                    + "with --authority")
        }
        let pair = try serverKey()
        let certificate = try Certificate.server(
            pair, hosts: names(), days: min(ServerCertificates.serverDays, Int(days)), by: authority, authorityPair)
        try PrivateFile.replace(home.certificate, try certificate.pem(), mode: 0o644)
        return certificate.life
    }

    /// Makes another authority, and a server certificate from it. Every client needs the new `ca.pem` then. A crash on
    /// the way leaves files that do not belong together, which the next start reports; calling it again repairs that.
    public func renewAuthority() throws(ServiceError) -> CertificateLife {
        let fresh = try ServerCertificates(hosts: names())
        try PrivateFile.replace(authorityKey, fresh.authorityKey, mode: 0o600)
        try PrivateFile.replace(home.authority, fresh.authority, mode: 0o644)
        try PrivateFile.replace(home.key, fresh.key, mode: 0o600)
        try PrivateFile.replace(home.certificate, fresh.certificate, mode: 0o644)
        return try Certificate(file: home.certificate).life
    }

    /// The names of the certificate that is replaced, and the new ones.
    private func names() -> [String] {
        // A missing or damaged certificate has no names to keep: the local names stay, others are given with --host.
        let old = (try? CertificateLife.read(home.certificate))?.first?.names ?? []
        var names: [String] = []
        for name in ServerCertificates.localHosts + old + hosts where !names.contains(where: { same($0, name) }) {
            names.append(name)
        }
        return names
    }

    private func serverKey() throws(ServiceError) -> KeyPair {
        if FileManager.default.fileExists(atPath: home.key) { return try KeyPair(file: home.key) }
        let pair = try KeyPair()
        try PrivateFile.create(home.key, try pair.pem())
        return pair
    }

    /// OpenSSL writes IPv6 addresses in full: `0:0:0:0:0:0:0:1` is `::1`.
    private func same(_ a: String, _ b: String) -> Bool {
        var (first, second) = (in6_addr(), in6_addr())
        guard inet_pton(AF_INET6, a, &first) == 1, inet_pton(AF_INET6, b, &second) == 1 else {
            return a.lowercased() == b.lowercased()
        }
        return withUnsafeBytes(of: &first) { x in withUnsafeBytes(of: &second) { y in x.elementsEqual(y) } }
    }
}

extension ServerCertificates {
    /// The longest life of a server certificate that common clients accept, days.
    static let serverDays = 825

    /// Throws `badData` unless the files hold a certificate and its key.
    static func requirePair(certificate: String, key: String, remedy: String) throws(ServiceError) {
        guard try Certificate(file: certificate).belongs(to: KeyPair(file: key)) else {
            throw ServiceError(.badData, "\(key) is not the key of \(certificate); \(remedy)")
        }
    }
}
