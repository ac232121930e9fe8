public import Compute

/// How a model is loaded, where that is a choice.
public struct LoadOptions: Sendable {
    /// How weights are kept; nil: as the checkpoint stores them.
    public var storage: Weight.Storage?
    /// Whether LLaVA-NeXT and SmolVLM may cut a picture into tiles. MyVLM does not, and a concept is trained for one way.
    public var tiles: Bool
    /// Folder of a CLIP encoder whose embedding concept heads read; nil: the tower's own features.
    public var headEncoder: String?
    /// Whether the folder's bank of negatives is read; off while it is made anew.
    public var readsBank = true
    /// Told the share that is done, 0...1, while a large checkpoint is read; called from the loading thread.
    public var progress: (@Sendable (Double) -> Void)?

    /// Options; without arguments the defaults.
    public init(
        storage: Weight.Storage? = nil, tiles: Bool = false, headEncoder: String? = nil,
        progress: (@Sendable (Double) -> Void)? = nil
    ) {
        self.storage = storage
        self.tiles = tiles
        self.headEncoder = headEncoder
        self.progress = progress
    }

    /// The same with a number format as users write it, `int8` or `bf16`; throws `invalidArgument` for an unknown one.
    public init(
        numberFormat: String?, tiles: Bool, headEncoder: String?, progress: (@Sendable (Double) -> Void)?
    ) throws {
        self.init(
            storage: try numberFormat.map { try Weight.Storage(option: $0) }, tiles: tiles, headEncoder: headEncoder,
            progress: progress)
    }
}
