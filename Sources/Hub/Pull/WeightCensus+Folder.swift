internal import Foundation

extension WeightCensus {
    /// Endings of files that hold weights beside safetensors, whose headers are not read here.
    private static let otherWeights = ["gguf", "bin", "pth", "pt"]
    /// Pickles, which lie beside the same weights in safetensors where a model is published in both.
    private static let pickles = ["bin", "pth", "pt"]

    /// What the weights of a model's folder take in memory, by the headers of its safetensors and by the size of every other
    /// file of weights; 0 where there are none. Reads no weight.
    package static func bytes(inFolder folder: String, dtype: String?) -> Int {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        var census = WeightCensus()
        var others = 0
        var isMixed = false
        let isPublished = names.contains { $0.hasPrefix("model") && $0.hasSuffix(".safetensors") }
        for name in names {
            let path = folder + "/" + name
            let ending = name.split(separator: ".").last.map(String.init) ?? ""
            if ending == "safetensors", let header = header(of: path) {
                _ = census.add(header: header)
            } else if ending == "dat" {
                // The face parts: as they are, whatever the model's number format.
                others += size(path)
            } else if isPublished, pickles.contains(ending) {
                continue
            } else if otherWeights.contains(ending) || ending == "safetensors" {
                isMixed = true
                others += size(path)
            }
        }
        // Where parts come in formats of their own, the number format is theirs too.
        return others + (isMixed ? census.storedBytes : census.bytes(dtype: dtype))
    }

    private static func size(_ path: String) -> Int {
        // Links of a cache lead to the file that is meant.
        let target = URL(filePath: path).resolvingSymlinksInPath().path
        return (try? FileManager.default.attributesOfItem(atPath: target)[.size] as? Int) ?? 0
    }

    private static func header(of path: String) -> [UInt8]? {
        guard let file = FileHandle(forReadingAtPath: path) else { return nil }
        defer { try? file.close() }
        guard let start = try? file.read(upToCount: 8), let length = headerLength([UInt8](start)),
            let header = try? file.read(upToCount: length), header.count == length
        else { return nil }
        return [UInt8](header)
    }
}
