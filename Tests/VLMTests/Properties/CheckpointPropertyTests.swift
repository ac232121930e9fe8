import Compute
import PropertyTestSupport
import Testing
import VLM
import VLMTestSupport

/// What is true of every checkpoint format: what was written is read, and damage is an error.
@Suite(.timeLimit(.minutes(10))) struct CheckpointPropertyTests {
    private static func shape(_ random: inout Seeded) -> [Int] {
        (0..<random.number(0...3)).map { _ in random.number(1...5) }
    }

    /// A value as a type keeps it.
    private static func rounded(_ value: Float, as type: ElementType) -> Float {
        switch type {
        case .f16: Float(Float16(value))
        default: value
        }
    }

    @Test(arguments: Seeds.some()) func safetensorsComeBack(_ seed: UInt64) throws {
        var random = Seeded(seed)
        for _ in 0..<20 {
            var metadata: [String: String] = [:]
            for number in 0..<random.number(0...3) { metadata["k\(number) é\"\\"] = random.text(0...20) }
            var writer = SafetensorsWriter(metadata: metadata)
            var tensors: [String: (shape: [Int], values: [Float])] = [:]
            var numbers: [String: [Int64]] = [:]
            for index in 0..<random.number(0...6) {
                let shape = Self.shape(&random)
                let count = shape.reduce(1, *)
                let name = "t\(index) \(random.text(0...4))"
                if random.once(in: 4) {
                    numbers[name] = (0..<count).map { _ in Int64(bitPattern: random.next()) }
                    writer.add(name, shape: shape, int64s: numbers[name] ?? [])
                } else {
                    let type: ElementType = random.pick([.f32, .f16])
                    let values = random.floats(count).map { type == .f16 ? max(-60_000, min(60_000, $0)) : $0 }
                    writer.add(name, shape: shape, floats: values, as: type)
                    tensors[name] = (shape, values.map { Self.rounded($0, as: type) })
                }
            }
            let bytes = try writer.encoded()
            let file = try SafetensorsFile(bytes: bytes)
            #expect(file.metadata == metadata)
            #expect(Set(file.names) == Set(tensors.keys).union(numbers.keys))
            for (name, tensor) in tensors {
                #expect(try file.shape(name) == tensor.shape)
                #expect(try file.floats(name) == tensor.values)
            }
            for (name, values) in numbers { #expect(try file.int64s(name) == values) }
        }
    }

    /// Reads all there is of a file; whether it was refused.
    private func isRefused(_ read: () throws -> Void) throws -> Bool {
        do {
            try read()
            return false
        } catch is VLMError {
            return true
        }
    }

    @Test(arguments: Seeds.some()) func damagedSafetensorsAreRefusedOrRead(_ seed: UInt64) throws {
        var random = Seeded(seed)
        var writer = SafetensorsWriter(metadata: ["made": "here"])
        writer.add("a", shape: [2, 3], floats: random.floats(6))
        writer.add("b", shape: [4], floats: [1, 2, 3, 4], as: .bf16)
        let bytes = try writer.encoded()
        var refused = 0
        for _ in 0..<400 {
            let damaged = random.damaged(bytes)
            if try isRefused({
                let file = try SafetensorsFile(bytes: damaged)
                for name in file.names { #expect(try file.floats(name).count == file.shape(name).reduce(1, *)) }
            }) {
                refused += 1
            }
        }
        #expect(refused > 100 && refused < 400, "\(refused) of 400 were refused")
    }

    /// The least of GGUF version 3: metadata and tensors of F32 and F16 as ggml lays them out.
    private struct GGUF {
        var bytes = Array("GGUF".utf8)

        mutating func integer(_ value: some FixedWidthInteger) {
            withUnsafeBytes(of: value.littleEndian) { bytes += $0 }
        }

        mutating func text(_ value: String) {
            integer(UInt64(value.utf8.count))
            bytes += value.utf8
        }
    }

    private static func gguf(
        _ random: inout Seeded
    ) -> (bytes: [UInt8], strings: [String: String], integers: [String: Int], tensors: [String: ([Int], [Float])]) {
        var file = GGUF()
        var (strings, integers) = ([String: String](), [String: Int]())
        for number in 0..<random.number(0...3) { strings["s\(number)"] = random.text(0...12) }
        for number in 0..<random.number(0...3) { integers["i\(number)"] = random.number(-1000...1000) }
        var tensors: [String: ([Int], [Float])] = [:]
        for number in 0..<random.number(1...4) {
            let shape = (0..<random.number(1...3)).map { _ in random.number(1...5) }
            tensors["t\(number)"] = (
                shape, (0..<shape.reduce(1, *)).map { _ in Float(random.number(-2000...2000)) / 8 }
            )
        }
        file.integer(UInt32(3))
        file.integer(UInt64(tensors.count))
        file.integer(UInt64(strings.count + integers.count))
        for (key, value) in strings {
            file.text(key)
            file.integer(UInt32(8))
            file.text(value)
        }
        for (key, value) in integers {
            file.text(key)
            file.integer(UInt32(11))
            file.integer(Int64(value))
        }
        var data: [UInt8] = []
        for (name, (shape, values)) in tensors {
            let isHalf = random.once(in: 2)
            file.text(name)
            file.integer(UInt32(shape.count))
            for size in shape.reversed() { file.integer(UInt64(size)) }
            file.integer(UInt32(isHalf ? 1 : 0))
            file.integer(UInt64(data.count))
            for value in values {
                if isHalf {
                    withUnsafeBytes(of: Float16(value).bitPattern.littleEndian) { data += $0 }
                } else {
                    withUnsafeBytes(of: value.bitPattern.littleEndian) { data += $0 }
                }
            }
            data += [UInt8](repeating: 0, count: (32 - data.count % 32) % 32)
        }
        file.bytes += [UInt8](repeating: 0, count: (32 - file.bytes.count % 32) % 32)
        return (file.bytes + data, strings, integers, tensors)
    }

    @Test(arguments: Seeds.some()) func ggufComesBack(_ seed: UInt64) throws {
        var random = Seeded(seed)
        for _ in 0..<10 {
            let made = Self.gguf(&random)
            try CheckpointFixtures.withFile(made.bytes) { path in
                let file = try GGUFFile(contentsOf: path)
                #expect(Set(file.names) == Set(made.tensors.keys))
                for (name, (shape, values)) in made.tensors {
                    #expect(try file.shape(name) == shape)
                    #expect(try file.floats(name) == values)
                }
                for (key, value) in made.strings { #expect(try file.string(key) == value) }
                for (key, value) in made.integers { #expect(try file.integer(key) == value) }
            }
        }
    }

    @Test(arguments: Seeds.some(6)) func damagedGGUFIsRefusedOrRead(_ seed: UInt64) throws {
        var random = Seeded(seed)
        let bytes = Self.gguf(&random).bytes
        var refused = 0
        for _ in 0..<100 {
            let damaged = random.damaged(bytes)
            if try CheckpointFixtures.withFile(
                damaged,
                { path in
                    try isRefused {
                        let file = try GGUFFile(contentsOf: path)
                        for name in file.names { #expect(try file.floats(name).count == file.shape(name).reduce(1, *)) }
                    }
                })
            {
                refused += 1
            }
        }
        #expect(refused > 20, "\(refused) of 100 were refused")
    }

    /// Tensors of any strides over one storage, as `torch.save` writes them.
    @Test(arguments: Seeds.some()) func torchArchivesComeBack(_ seed: UInt64) throws {
        var random = Seeded(seed)
        for _ in 0..<10 {
            let (rows, columns) = (random.number(1...4), random.number(1...4))
            let values = (0..<rows * columns).map { _ in Float(random.number(-1000...1000)) / 4 }
            let isTurned = random.once(in: 2)
            var archive = TorchArchive()
            archive.embedding(
                of: "FloatStorage", count: values.count, shape: [rows, columns],
                strides: isTurned ? [1, rows] : nil)
            func bytes(_ numbers: [Float]) -> [UInt8] {
                numbers.flatMap { value in withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) } }
            }
            let zip = archive.zipped(["0": bytes([1, 2, 3, 4]), "1": bytes(values)])
            try CheckpointFixtures.withFile(zip) { path in
                let file = try PyTorchStateDict(contentsOf: path)
                #expect(file.names == ["0.keys", "0.values"])
                #expect(try file.shape("0.values") == [rows, columns] && file.floats("0.keys") == [1, 2, 3, 4])
                let expected = (0..<rows).flatMap { row in
                    (0..<columns).map { values[isTurned ? row + $0 * rows : row * columns + $0] }
                }
                #expect(try file.floats("0.values") == expected)
            }
        }
    }

    @Test(arguments: Seeds.some(6)) func damagedTorchArchivesAreRefusedOrRead(_ seed: UInt64) throws {
        var random = Seeded(seed)
        var archive = TorchArchive()
        archive.embedding(of: "FloatStorage", count: 6, shape: [2, 3])
        let zip = archive.zipped(["0": random.bytes(16...16), "1": [UInt8](repeating: 0, count: 24)])
        var refused = 0
        for _ in 0..<100 {
            let damaged = random.damaged(zip)
            if try CheckpointFixtures.withFile(
                damaged,
                { path in
                    try isRefused {
                        let file = try PyTorchStateDict(contentsOf: path)
                        for name in file.names { #expect(try file.floats(name).count == file.shape(name).reduce(1, *)) }
                    }
                })
            {
                refused += 1
            }
        }
        #expect(refused > 20, "\(refused) of 100 were refused")
    }
}
