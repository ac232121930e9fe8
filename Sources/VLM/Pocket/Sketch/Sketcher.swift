/// A sketch with the way it is asked.
package struct Sketcher: Sendable {
    private let sketch: Sketch
    private let search: SketchSearch
    private let naming: TagNaming

    /// Reads the files of a model directory; throws `checkpointMalformed` when they do not fit each other or the encoder.
    init(_ configuration: PocketConfiguration.Sketch, directory: ModelDirectory) throws {
        sketch = try Sketch(
            SafetensorsFile(contentsOf: directory.file(configuration.file)),
            words: directory.bytes(configuration.words),
            wordsFile: directory.file(configuration.words), heads: configuration.heads,
            features: EfficientNetShape.headChannels)
        guard sketch.cellCount == PocketModel.gridSide * PocketModel.gridSide else {
            throw VLMError(
                .checkpointMalformed, "the sketch looks at \(sketch.cellCount) places, the encoder's map has others")
        }
        search = SketchSearch(
            beams: configuration.beams, penalty: Double(configuration.length_penalty), limit: configuration.limit)
        naming = TagNaming(
            certain: configuration.certain ?? .infinity, likely: configuration.likely ?? .infinity,
            unsure: Double(configuration.unsure ?? -.infinity))
    }

    /// What the sketch says of a picture, in a few words.
    package func caption(of features: ImageFeatures) -> String {
        let memory = sketch.memory(map: features.map, tags: features.tags)
        return sketch.vocabulary.text(search.caption(of: sketch, memory: memory, tags: features.tags, naming: naming))
    }
}
