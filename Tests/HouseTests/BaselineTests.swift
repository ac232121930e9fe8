import Foundation
import ProcessTestSupport
import Testing

/// `Scripts/bench --baseline` says of each figure whether it is worse than on the same kind of machine before.
@Suite(.timeLimit(.minutes(10))) struct BaselineTests {
    private static func lines(_ milliseconds: Double, _ perSecond: Double) -> String {
        """
        {"suite": "engine", "metric": "first_token_ms", "value": \(milliseconds), "unit": "ms"}
        {"suite": "engine", "metric": "decode_q4_1", "value": \(perSecond), "unit": "1/s"}
        {"suite": "engine", "metric": "bandwidth", "value": \(perSecond), "unit": "GB/s"}
        {"suite": "engine", "metric": "decode_q8_0", "value": null, "unit": "1/s", "reason": "absent"}

        """
    }

    private static func run(_ arguments: [String], _ input: String) async throws -> Program.Output {
        let tool = Repository.root.appending(path: "Tools/bench_baseline.py").path(percentEncoded: false)
        return try await Program(path: "/usr/bin/env", environment: ["PATH": "/usr/bin:/bin"])
            .run(["python3", tool] + arguments, input: input)
    }

    /// Runs the body with a baseline of 100 ms and 50 a second.
    private static func withBaseline(_ body: (String) async throws -> Void) async throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "baseline-\(UUID().uuidString).json")
        defer { try? FileManager.default.removeItem(at: file) }
        let path = file.path(percentEncoded: false)
        let written = try await run(["--file", path, "--write"], lines(100, 50))
        #expect(written.code == 0, "\(written)")
        try await body(path)
    }

    /// A time is worse when it grows, a rate when it falls, either by more than 15 %.
    @Test(arguments: [
        (100.0, 50.0, 0, []), (114, 44, 0, []), (120, 50, 1, ["first_token_ms"]), (100, 40, 1, ["decode_q4_1"]),
        (60, 90, 0, []), (200, 10, 1, ["first_token_ms", "decode_q4_1"]),
    ])
    func figuresBeyondTheirToleranceAreWorse(
        milliseconds: Double, perSecond: Double, code: Int32, worse: [String]
    ) async throws {
        try await Self.withBaseline { file in
            let output = try await Self.run(["--file", file], Self.lines(milliseconds, perSecond))
            #expect(output.code == code, "\(output)")
            for metric in ["first_token_ms", "decode_q4_1"] {
                #expect(output.error.contains("worse: engine/\(metric) ") == worse.contains(metric), "\(output)")
            }
            #expect(output.out.hasPrefix(Self.lines(milliseconds, perSecond)), "lines are passed on: \(output)")
            #expect(!output.out.contains("engine/bandwidth"), "what the machine gives is not ours: \(output)")
        }
    }

    @Test func aFigureThatIsNotThereIsToldMissing() async throws {
        try await Self.withBaseline { file in
            let only = Self.lines(100, 50).split(separator: "\n")[0] + "\n"
            let output = try await Self.run(["--file", file], String(only))
            #expect(output.code == 0 && output.out.contains(#""verdict": "missing""#), "\(output)")
        }
    }

    @Test func anotherKindOfMachineGetsNoVerdict() async throws {
        try await Self.withBaseline { file in
            let other = try String(contentsOfFile: file, encoding: .utf8).replacing(/cores"/, with: "cores more\"")
            try Data(other.utf8).write(to: URL(filePath: file))
            let output = try await Self.run(["--file", file], Self.lines(900, 1))
            #expect(output.code == 0 && output.error.contains("no verdict"), "\(output)")
        }
    }

    @Test func whatIsNoBaselineIsRefused() async throws {
        try await Self.withBaseline { file in
            #expect(try await Self.run(["--file", file + ".none"], Self.lines(1, 1)).error.contains("no such file"))
            #expect(try await Self.run(["--file", file], "").error.contains("nothing was measured"))
            try Data("[]".utf8).write(to: URL(filePath: file))
            let output = try await Self.run(["--file", file], Self.lines(1, 1))
            #expect(output.code == 1 && output.error.contains("is no baseline"), "\(output)")
        }
    }
}
