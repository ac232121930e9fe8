internal import Foundation

/// A file of a commit, as the hub lists it.
package struct RepositoryFile: Sendable, Hashable {
    /// Its place in the repository, checked: no way out of the folder it is put into.
    package let path: String
    package let size: Int
    package let digest: ContentDigest

    /// The largest file that is fetched.
    package static let largest = 1 << 40

    package init(path: String, size: Int, digest: ContentDigest) throws(HubError) {
        if let problem = Self.problem(of: path) {
            throw HubError(
                .badData,
                "the hub lists a file \"\(path.shownShort)\", which no folder may hold: \(problem); nothing was fetched"
            )
        }
        guard (0...Self.largest).contains(size) else {
            throw HubError(.badData, "the hub lists \(path) with \(size) bytes, which is no size; nothing was fetched")
        }
        self.path = path
        self.size = size
        self.digest = digest
    }

    /// Its name without the folders.
    package var name: Substring { path.split(separator: "/").last ?? "" }

    private static func problem(of path: String) -> String? {
        guard (1...1_024).contains(path.utf8.count) else { return "its name is too long, or empty" }
        guard path.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "\\") }) else {
            return "its name holds a control character or a backslash"
        }
        for part in path.split(separator: "/", omittingEmptySubsequences: false) {
            guard !part.isEmpty, part != ".", part != ".." else { return "it is absolute, or leads out of its folder" }
            guard part.utf8.count <= 255 else { return "a part of its name is longer than 255 bytes" }
        }
        return nil
    }
}

/// What the hub says of a model: the answer of `/api/models/ID/revision/REVISION`.
struct ModelInformation: Decodable {
    let sha: String
}

/// One page of the list of files.
struct FileListing {
    private struct Entry: Decodable {
        struct Large: Decodable {
            let oid: String
            let size: Int?
        }
        let type: String
        let path: String
        let size: Int?
        let oid: String?
        let lfs: Large?
    }

    let files: [RepositoryFile]

    /// Reads a page. Throws `badData` for what is no list of files with sizes and digests.
    init(_ json: [UInt8], from url: HubURL) throws(HubError) {
        guard let entries = try? JSONDecoder().decode([Entry].self, from: Data(json)) else {
            throw HubError(.badData, "\(url.shown) is no list of files; is HF_ENDPOINT a hub?")
        }
        var files: [RepositoryFile] = []
        for entry in entries where entry.type == "file" {
            guard let size = entry.lfs?.size ?? entry.size,
                let digest = entry.lfs.map({ ContentDigest.sha256($0.oid) })
                    ?? entry.oid.map({ ContentDigest.gitBlob($0) }),
                ContentDigest(digest.text) == digest
            else {
                throw HubError(
                    .badData, "the hub lists \(entry.path.shownShort) without a size or a digest; is HF_ENDPOINT a hub?"
                )
            }
            files.append(try RepositoryFile(path: entry.path, size: size, digest: digest))
        }
        self.files = files
    }
}
