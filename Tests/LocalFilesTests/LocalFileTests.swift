import Foundation
import LocalFiles
import Testing

@Suite(.timeLimit(.minutes(10))) struct LocalFileTests {
    /// A folder of the test's own.
    private func inFolder(_ body: (LocalPath) async throws -> Void) async throws {
        let folder = LocalPath(NSTemporaryDirectory()).appending("local files %20 \(UUID().uuidString)")
        try LocalFolder.make(folder)
        defer { try? FileManager.default.removeItem(atPath: folder.text) }
        try await body(folder)
    }

    private func code(_ body: () throws -> Void) -> LocalFileError.Code? {
        do {
            try body()
            return nil
        } catch {
            return (error as? LocalFileError)?.code
        }
    }

    private func status(_ path: LocalPath) throws -> FileStatus { try #require(FileStatus(path)) }

    @Test func namesThatAreNoUTF8AreWrittenListedAndRead() async throws {
        try await inFolder { (folder) async throws in
            let file = folder.appending(LocalPath(bytes: Array("caf".utf8) + [0xE9] + Array(".jpg".utf8)))
            try LocalOutput(file).write([1, 2, 3])
            #expect(try LocalFolder.names(in: folder) == [file.name])
            #expect(try LocalInput.contents(of: file, limit: 3) == [1, 2, 3])
            let lent = try LentName(file)
            #expect(FileManager.default.contents(atPath: lent.text) == Data([1, 2, 3]), "for who takes text alone")
        }
    }

    @Test func whatCannotBeReadSaysWhy() async throws {
        try await inFolder { (folder) async throws in
            let file = folder.appending("file")
            try LocalOutput(file).write(Array(repeating: 7, count: 10))
            #expect(code { _ = try LocalInput.contents(of: file, limit: 9) } == .tooLarge)
            #expect(code { _ = try LocalInput.contents(of: folder, limit: 9) } == .unreadable)
            #expect(code { _ = try LocalInput.contents(of: folder.appending("none"), limit: 9) } == .missing)
            #expect(code { _ = try LocalInput.contents(of: file.appending("below"), limit: 9) } == .missing)
            #expect(code { _ = try LocalInput.contents(of: LocalPath("/dev/zero"), limit: 1 << 20) } == .tooLarge)
            #expect(try LocalInput.contents(of: LocalPath("/dev/null"), limit: 0) == [])
        }
    }

    /// `cat photo.jpg | myvlm caption /dev/stdin` said that permissions were to be checked: what has no size was not read.
    @Test func aPipeIsReadToItsEnd() async throws {
        try await inFolder { (folder) async throws in
            let pipe = folder.appending("pipe")
            #expect(mkfifo(pipe.text, 0o600) == 0)
            let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0) }
            let writer = Task.detached {
                // Waits for its reader, and for room.
                let descriptor = open(pipe.text, O_WRONLY)
                defer { close(descriptor) }
                var start = 0
                while start < bytes.count {
                    start += bytes[start...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
                }
            }
            #expect(try LocalInput.contents(of: pipe, limit: bytes.count) == bytes)
            await writer.value
        }
    }

    /// Opening a pipe that nobody writes waited where no Ctrl-C reached it.
    @Test func waitingForAPipeEndsWithItsTask() async throws {
        try await inFolder { (folder) async throws in
            let pipe = folder.appending("pipe")
            #expect(mkfifo(pipe.text, 0o600) == 0)
            let reading = Task.detached { () -> LocalFileError.Code? in
                do {
                    _ = try LocalInput.contents(of: pipe, limit: 1)
                    return nil
                } catch {
                    return (error as? LocalFileError)?.code
                }
            }
            reading.cancel()
            #expect(await reading.value == .cancelled)
        }
    }

    @Test func nothingButAPlainFileIsReplaced() async throws {
        try await inFolder { (folder) async throws in
            let (pipe, link, loose) = (folder.appending("pipe"), folder.appending("link"), folder.appending("loose"))
            #expect(mkfifo(pipe.text, 0o600) == 0)
            #expect(symlink("/dev/null", link.text) == 0 && symlink("nowhere", loose.text) == 0)
            for path in [pipe, link, loose, folder, folder.appending(""), LocalPath("/dev/stdout"), LocalPath("")] {
                #expect(code { _ = try LocalOutput(path) } == .notWritable, "\(path.shown)")
            }
            #expect(try status(pipe).kind == .pipe && FileStatus(itself: link)?.kind == .link)
            #expect(code { _ = try LocalOutput(folder.appending("no/such")) } == .notWritable)
            #expect(try LocalFolder.names(in: folder).count == 3, "a check leaves nothing behind")
        }
    }

    /// `--picture in.jpg` of the very photo replaced the photo.
    @Test func aSourceIsNeverReplacedUnderAnyName() async throws {
        try await inFolder { (folder) async throws in
            let photo = folder.appending("photo")
            try LocalOutput(photo).write([1])
            let (hard, soft) = (folder.appending("hard"), folder.appending("soft"))
            #expect(link(photo.text, hard.text) == 0 && symlink(photo.text, soft.text) == 0)
            for name in [photo, hard, soft, folder.appending("./photo")] {
                #expect(code { _ = try LocalOutput(name, from: [photo]) } == .notWritable, "\(name.shown)")
            }
            // Between the check and the writing somebody may make the output the source.
            let late = folder.appending("late")
            let output = try LocalOutput(late, from: [photo])
            #expect(symlink(photo.text, late.text) == 0)
            #expect(code { try output.write([9]) } == .notWritable)
            #expect(try LocalInput.contents(of: photo, limit: 9) == [1])
        }
    }

    @Test func aFileIsReplacedInOneStepAndKeepsItsMode() async throws {
        try await inFolder { (folder) async throws in
            let (file, link) = (folder.appending("file"), folder.appending("link"))
            try LocalOutput(file).write([1])
            #expect(chmod(file.text, 0o640) == 0 && symlink("file", link.text) == 0)
            try LocalOutput(link).write([2, 2])
            #expect(FileStatus(itself: link)?.kind == .link, "the link stays, and what it leads to is new")
            #expect(try LocalInput.contents(of: file, limit: 9) == [2, 2])
            #expect(try status(file).mode == 0o640)
            let secret = folder.appending("secret")
            try LocalOutput(secret, .newOnly, mode: 0o600).write([3])
            #expect(try status(secret).mode == 0o600)
            #expect(code { _ = try LocalOutput(secret, .newOnly) } == .exists)
            let late = try LocalOutput(folder.appending("late"), .newOnly)
            try LocalOutput(folder.appending("late")).write([4])
            #expect(code { try late.write([5]) } == .exists)
            #expect(try LocalInput.contents(of: folder.appending("late"), limit: 9) == [4])
            #expect(try LocalFolder.names(in: folder).count == 4, "no half file stays")
        }
    }

    @Test func whatIsGivenUpLeavesNothing() async throws {
        try await inFolder { (folder) async throws in
            let output = try LocalOutput(folder.appending("file"))
            try output.add([1, 2, 3])
            #expect(try LocalFolder.names(in: folder).count == 1)
            // Those of other tests, which run beside this one, are theirs.
            UnfinishedFiles.discardAll(in: folder)
            #expect(try LocalFolder.names(in: folder) == [])
            output.discard()
        }
    }
}
