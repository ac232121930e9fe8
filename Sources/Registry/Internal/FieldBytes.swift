/// Fields with length prefixes, so that two different lists of fields never give the same bytes.
struct FieldBytes {
    private(set) var bytes: [UInt8] = []

    mutating func append(_ text: String) {
        append(UInt64(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }

    mutating func append(contentsOf value: [UInt8]) {
        append(UInt64(value.count))
        bytes.append(contentsOf: value)
    }

    mutating func append(_ number: UInt64) {
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }
}
