import Foundation

/// Keys of a JSON object as they are written: decoders keep one of two equal keys and silently drop the other.
enum JSONKeys {
    /// The first key that occurs twice in the outermost object of valid JSON.
    static func repeated(in data: Data) -> String? {
        var seen: Set<String> = []
        return keys(in: [UInt8](data)).first { !seen.insert($0).inserted }
    }

    private static func keys(in bytes: [UInt8]) -> [String] {
        var (keys, depth, at) = ([String](), 0, 0)
        while at < bytes.count {
            switch bytes[at] {
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            case UInt8(ascii: "\""):
                let end = endOfText(bytes, at)
                if depth == 1, isKey(bytes, after: end),
                    let key = try? JSONDecoder().decode(String.self, from: Data(bytes[at...end]))
                {
                    keys.append(key)
                }
                at = end
            default: break
            }
            at += 1
        }
        return keys
    }

    /// The index of the quote that ends the text which begins at `start`.
    private static func endOfText(_ bytes: [UInt8], _ start: Int) -> Int {
        var at = start + 1
        while at < bytes.count - 1, bytes[at] != UInt8(ascii: "\"") { at += bytes[at] == UInt8(ascii: "\\") ? 2 : 1 }
        return min(at, bytes.count - 1)
    }

    private static func isKey(_ bytes: [UInt8], after end: Int) -> Bool {
        let space: Set<UInt8> = [0x20, 0x09, 0x0A, 0x0D]
        return bytes[(end + 1)...].first { !space.contains($0) } == UInt8(ascii: ":")
    }
}
