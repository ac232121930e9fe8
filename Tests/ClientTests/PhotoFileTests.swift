import Client
import Foundation
import LocalFiles
import Testing

@Suite(.timeLimit(.minutes(10))) struct PhotoFileTests {
    @Test func aPhotoIsNamedAsMessagesMayShowIt() throws {
        let folder = LocalPath(NSTemporaryDirectory()).appending("photo \(UUID().uuidString)")
        try LocalFolder.make(folder)
        defer { try? FileManager.default.removeItem(atPath: folder.text) }
        let path = folder.appending(LocalPath(bytes: [0x61, 0xE9, 0x0A]))
        try LocalOutput(path).write([0xFF, 0xD8, 0xFF, 1])
        let photo = try Photo(file: path.text)
        #expect(photo.bytes == [0xFF, 0xD8, 0xFF, 1] && photo.name == "a\\xE9\\n")
    }

    @Test(arguments: [("/nowhere.jpg", "no such file"), ("/dev", "folder"), ("/dev/zero", "24 MiB")])
    func whatCannotBeReadIsNamed(_ path: String, _ words: String) {
        do {
            _ = try Photo(file: path)
            Issue.record("\(path) was read")
        } catch {
            #expect(error.message.contains(path) && error.message.contains(words), "\(error)")
            #expect(error.exitCode == 66 || error.exitCode == 65)
        }
    }
}
