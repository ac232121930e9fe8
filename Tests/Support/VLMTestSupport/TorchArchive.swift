/// Writes files in the two forms of torch.save, instruction by instruction: what Python's own pickler would never write
/// too.
package struct TorchArchive {
    /// The pickle so far.
    package private(set) var code: [UInt8] = [0x80, 2]

    package init() {}

    private mutating func integer(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.littleEndian) { code += $0 }
    }

    /// Instructions as letters of the format.
    package mutating func raw(_ text: String) { code += Array(text.utf8) }

    package mutating func text(_ value: String) {
        raw("X")
        integer(UInt32(value.utf8.count))
        raw(value)
    }

    package mutating func number(_ value: Int) {
        code += [0x8A, 8]
        integer(Int64(value))
    }

    package mutating func put(_ place: Int) {
        raw("r")
        integer(UInt32(place))
    }

    package mutating func get(_ place: Int) {
        raw("j")
        integer(UInt32(place))
    }

    /// A tensor over a storage of `count` elements of a class of PyTorch's.
    package mutating func tensor(
        _ key: String, of storage: String, count: Int, shape: [Int], strides: [Int]? = nil, offset: Int = 0
    ) {
        raw("ctorch._utils\n_rebuild_tensor_v2\n((")
        text("storage")
        raw("ctorch\n\(storage)\n")
        text(key)
        text("cpu")
        number(count)
        raw("tQ")
        number(offset)
        var standard: [Int] = []
        var stride = 1
        for size in shape.reversed() {
            standard.insert(stride, at: 0)
            stride &*= max(size, 1)  // a file may say anything
        }
        for numbers in [shape, strides ?? standard] {
            raw("(")
            for number in numbers { self.number(number) }
            raw("t")
        }
        code.append(0x89)
        raw("ccollections\nOrderedDict\n)RtR")
    }

    /// `{0: {"keys": [2, 2], "values": shape}}`, an embedding of MyVLM's published code.
    package mutating func embedding(of storage: String, count: Int, shape: [Int], strides: [Int]? = nil) {
        raw("}")
        number(0)
        raw("}")
        text("keys")
        tensor("0", of: storage, count: 4, shape: [2, 2])
        raw("s")
        text("values")
        tensor("1", of: storage, count: count, shape: shape, strides: strides)
        raw("ss")
    }

    /// The zip archive of this pickle and storages.
    package func zipped(_ storages: [String: [UInt8]], byteorder: String? = "little") -> [UInt8] {
        var members: [(name: String, bytes: [UInt8])] = [("archive/data.pkl", code + Array(".".utf8))]
        if let byteorder { members.append(("archive/byteorder", Array(byteorder.utf8))) }
        for (key, bytes) in storages.sorted(by: { $0.key < $1.key }) { members.append(("archive/data/\(key)", bytes)) }
        return Self.zip(members)
    }

    /// A zip archive of stored members, without check sums.
    package static func zip(_ members: [(name: String, bytes: [UInt8])]) -> [UInt8] {
        var file: [UInt8] = []
        var directory: [UInt8] = []
        func integer(_ value: some FixedWidthInteger, to bytes: inout [UInt8]) {
            withUnsafeBytes(of: value.littleEndian) { bytes += $0 }
        }
        for (name, bytes) in members {
            let start = UInt32(file.count)
            integer(UInt32(0x0403_4b50), to: &file)
            file += [UInt8](repeating: 0, count: 14)
            integer(UInt32(bytes.count), to: &file)
            integer(UInt32(bytes.count), to: &file)
            integer(UInt16(name.utf8.count), to: &file)
            integer(UInt16(0), to: &file)
            file += Array(name.utf8) + bytes
            integer(UInt32(0x0201_4b50), to: &directory)
            directory += [UInt8](repeating: 0, count: 16)
            integer(UInt32(bytes.count), to: &directory)
            integer(UInt32(bytes.count), to: &directory)
            integer(UInt16(name.utf8.count), to: &directory)
            directory += [UInt8](repeating: 0, count: 12)
            integer(start, to: &directory)
            directory += Array(name.utf8)
        }
        let start = UInt32(file.count)
        file += directory
        integer(UInt32(0x0605_4b50), to: &file)
        integer(UInt32(0), to: &file)
        integer(UInt16(members.count), to: &file)
        integer(UInt16(members.count), to: &file)
        integer(UInt32(directory.count), to: &file)
        integer(start, to: &file)
        integer(UInt16(0), to: &file)
        return file
    }
}
