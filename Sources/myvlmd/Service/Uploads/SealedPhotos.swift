import Foundation
import RPC
import Registry

/// Photos on the server's disk, in the one form they have from their first byte until their job has ended.
///
/// A set is a folder of mode 0700 with one file of mode 0600 per photo, sealed piece by piece under the set's own key.
/// While the photos wait for their enrollment only this process has that key: a copy of the disk holds no picture, and
/// nobody can read what a killed server left. A job that takes them over takes the folder and keeps the key beside
/// them, sealed for their owner (`JobPhotos`): no photo is sealed or copied twice.
package struct SealedPhotos: Sendable {
    /// One photo of a set.
    package struct Photo: Sendable, Codable {
        /// The file name its owner gave, for messages.
        package let name: String
        package fileprivate(set) var bytes = 0
        /// Sealed pieces so far.
        fileprivate var pieces = 0
    }

    /// The key of a set and the names of its photos, for whoever may keep them.
    private struct Opener: Codable {
        let key: Data
        let photos: [Photo]
    }

    package let folder: String
    package private(set) var photos: [Photo] = []
    private let key: [UInt8]

    /// An empty set in a new folder.
    init(folder: String) throws {
        key = try Randomness.bytes(32)
        try PrivateFile.makeNewFolder(folder)
        self.folder = folder
    }

    /// A set that an earlier process made, opened with the bytes that `opener` returned for it. Throws `dataLoss` for
    /// anything else.
    init(folder: String, opener: [UInt8]) throws {
        do {
            let opener = try JSONDecoder().decode(Opener.self, from: Data(opener))
            (key, photos) = ([UInt8](opener.key), opener.photos)
        } catch {
            throw RegistryError(.dataLoss, "what opens the photos is damaged; enroll again", cause: error)
        }
        self.folder = folder
    }

    /// The bytes that open the set; a secret.
    func opener() throws -> [UInt8] {
        [UInt8](try JSONEncoder().encode(Opener(key: Data(key), photos: photos)))
    }

    /// Starts the next photo.
    mutating func begin(name: String) throws {
        try PrivateFile.create(path(photos.count), [])
        photos.append(Photo(name: name))
    }

    /// Adds bytes to the photo that was started last.
    mutating func append(_ data: [UInt8]) throws {
        guard let index = photos.indices.last, !data.isEmpty else { return }
        let sealed = try AESGCM.seal(
            data, key: key, context: Self.context(index, photos[index].pieces), random: Randomness.bytes)
        let size = UInt32(sealed.count)
        try PrivateFile.append(
            path(index), (0..<4).map { UInt8(truncatingIfNeeded: size >> ($0 * 8)) } + sealed)
        photos[index].bytes += data.count
        photos[index].pieces += 1
    }

    /// A photo as it was sent. Throws `dataLoss`, naming it, where its file is not what was written.
    package func photo(_ index: Int) throws -> StagedPhoto {
        let photo = photos[index]
        guard let data = FileManager.default.contents(atPath: path(index)) else { throw Self.damaged(photo) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(photo.bytes)
        var at = 0
        for piece in 0..<photo.pieces {
            guard at + 4 <= data.count else { throw Self.damaged(photo) }
            let size = (0..<4).reduce(0) { $0 | Int(data[at + $1]) << ($1 * 8) }
            at += 4
            guard at + size <= data.count,
                let plain = try AESGCM.open(
                    [UInt8](data[at..<at + size]), key: key, context: Self.context(index, piece))
            else { throw Self.damaged(photo) }
            bytes += plain
            at += size
        }
        guard bytes.count == photo.bytes, at == data.count else { throw Self.damaged(photo) }
        return StagedPhoto(name: photo.name, bytes: bytes)
    }

    /// All photos in their order.
    package func all() throws -> [StagedPhoto] { try photos.indices.map(photo) }

    /// The same set in another folder, which must not be there yet; every byte of it is on the disk then.
    func moved(to folder: String) throws -> SealedPhotos {
        try PrivateFile.move(self.folder, to: folder)
        let moved = SealedPhotos(folder: folder, photos: photos, key: key)
        try moved.sync()
        return moved
    }

    /// Waits until every byte is on the disk.
    func sync() throws {
        for index in photos.indices { try PrivateFile.sync(path(index)) }
    }

    /// Deletes the set; harmless for one that is gone.
    package func remove() {
        // What cannot be deleted now is deleted by a later sweep; nobody else ever had its key.
        try? FileManager.default.removeItem(atPath: folder)
    }

    private init(folder: String, photos: [Photo], key: [UInt8]) {
        (self.folder, self.photos, self.key) = (folder, photos, key)
    }

    private func path(_ index: Int) -> String { "\(folder)/\(index)" }

    /// What a sealed piece is bound to besides its key: pieces can be neither exchanged nor moved.
    private static func context(_ photo: Int, _ piece: Int) -> [UInt8] { Array("photo \(photo)/\(piece)".utf8) }

    private static func damaged(_ photo: Photo) -> RPCError {
        RPCError(code: .dataLoss, message: "\(photo.name) was damaged on the server's disk; upload the photos again")
    }
}

/// A photo as an enrollment takes it.
package struct StagedPhoto: Sendable {
    /// The file name its owner gave, for messages.
    package let name: String
    /// The file's bytes, as they were sent.
    package let bytes: [UInt8]

    /// A photo.
    package init(name: String, bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
    }
}
