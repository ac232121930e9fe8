/// What the truth of captions and answers is measured on.
public struct TruthOptions: Sendable {
    /// Folder with `images/` and `captions.json`, `questions.json` or both. All paths are carried text.
    public var data: String
    /// Model directory.
    public var model: String
    /// A file that names the photos to take, one a line or as a JSON array; nil takes all.
    public var photos: String?
    /// Only so many, the first by name, above 0; nil takes all.
    public var limit: Int?

    /// All photos of a folder with a model directory.
    public init(data: String, model: String) {
        self.data = data
        self.model = model
    }
}
