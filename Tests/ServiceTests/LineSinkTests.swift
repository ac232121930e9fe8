import Foundation
import Foundations
import Logging
import ProcessTestSupport
import Registry
import Service
import Testing
import WaitingTestSupport

/// The log and the output of a server whose reader is gone, asleep, or out of space.
@Suite(.timeLimit(.minutes(10))) struct LineSinkTests {
    private func pipe() throws -> (reader: Int32, writer: Int32) {
        var ends: [Int32] = [0, 0]
        try #require(Glibc.pipe(&ends) == 0)
        return (ends[0], ends[1])
    }

    private func readAll(_ descriptor: Int32) -> String {
        var (bytes, buffer) = ([UInt8](), [UInt8](repeating: 0, count: 65_536))
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes += buffer[..<count]
        }
    }

    /// A pipe that nobody reads stopped the calls that wrote into it.
    @Test func aPipeNobodyReadsHoldsUpNobody() async throws {
        let (reader, writer) = try pipe()
        let sink = LineSink(descriptor: writer, capacity: 100_000)
        let line = String(repeating: "x", count: 999)
        for _ in 0..<1_000 { sink.write(line) }
        #expect(!sink.flush(seconds: 0))
        #expect(sink.droppedLines > 0)
        let read = Locked("")
        let thread = Thread { read.set(readAll(reader)) }
        thread.start()
        #expect(sink.flush(seconds: 60))
        sink.write("after")
        #expect(sink.flush(seconds: 60) && sink.droppedLines == 0)
        close(writer)
        try await eventually("the reader saw the end") { thread.isFinished }
        close(reader)
        let lines = read.value.split(separator: "\n")
        // Told once or more often: with what was being written when the pipe was full, and with what came after.
        let told = lines.filter { $0.contains(" log lines were dropped") }
        let dropped = told.compactMap { Int($0.prefix { $0.isNumber }) }
        let kept = lines.count { $0.utf8.count == 999 }
        #expect(kept < 500 && kept + dropped.reduce(0, +) == 1_000, "\(kept) kept, \(dropped) dropped")
        #expect(lines.last == "after")
    }

    @Test func aFullDiskAndAClosedPipeAreCounted() throws {
        StandardStream.prepare()
        let full = open("/dev/full", O_WRONLY | O_CLOEXEC)
        try #require(full >= 0)
        defer { close(full) }
        let (reader, writer) = try pipe()
        close(reader)
        defer { close(writer) }
        for descriptor in [full, writer, 999_999] {
            let sink = LineSink(descriptor: descriptor)
            for number in 0..<10 {
                sink.write("line \(number)")
                #expect(sink.flush(seconds: 60))
            }
            #expect(sink.droppedLines >= 10, "\(descriptor)")
        }
    }

    @Test(arguments: [true, false])
    func theFormOfTheLogIsThatOfItsLines(json: Bool) throws {
        let (reader, writer) = try pipe()
        let sink = LineSink(descriptor: writer, capacity: 70)
        let log = Logger(label: "test") { _ in StandardErrorLog(json: json, sink: sink) }
        log.info("one", metadata: ["a": "b c"])
        log.info("\(String(repeating: "long ", count: 100))")
        #expect(sink.flush(seconds: 60))
        sink.write("end")
        #expect(sink.flush(seconds: 60))
        close(writer)
        let lines = readAll(reader).split(separator: "\n").map(String.init)
        close(reader)
        try #require(lines.count == 2 || lines.count == 3, "\(lines)")
        let told = try #require(lines.first { $0.contains("log lines were dropped") })
        guard json else {
            #expect(told.contains(" warning ") && told.contains("lines="))
            return
        }
        let object = try JSONSerialization.jsonObject(with: Data(told.utf8)) as? [String: String]
        #expect(object?["level"] == "warning" && object?["lines"].flatMap { Int($0) } ?? 0 >= 1)
    }

    /// Commands end with a status and a message, or say nothing and are right; none is ended by a signal.
    @Test(
        arguments: [
            ("> /dev/full", 73, "standard output"), ("| true", 0, ""), (">&-", 0, ""), ("2>&-", 0, ""),
            (">&- 2>&- <&-", 0, ""),
            ("2> /dev/full", 0, ""),
        ] as [(String, Int32, String)])
    func outputThatCannotBeWrittenEndsNothing(redirection: String, code: Int32, words: String) async throws {
        let home = ServerHome(path: NSTemporaryDirectory() + "myvlm-out-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(atPath: home.path) }
        try await HomeSetup(home: home, hosts: [], administrator: "admin").create(
            password: Harness.adminPassword, passwordCost: .weakForTests)
        let server = try CommandLineTool.named("myvlmd")
        let shell = Program(path: "/bin/sh")
        for arguments in ["scrub", "certificate show", "--help", "--version"] {
            let place = arguments.hasPrefix("-") ? "" : "--home \(home.path)"
            let output = try await shell.run(["-c", "\(server.path) \(arguments) \(place) \(redirection)"])
            #expect(output.code == code, "\(arguments) \(redirection): \(output)")
            #expect(words.isEmpty || output.error.contains(words), "\(arguments) \(redirection): \(output)")
        }
        // Nothing was written into files that got the number of a closed stream.
        let after = try await server.run(["scrub", "--home", home.path])
        #expect(after.code == 0 && after.out.contains("all good"), "\(after)")
    }
}
