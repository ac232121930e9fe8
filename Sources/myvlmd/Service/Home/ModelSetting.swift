/// One of several models, as `config.json` lists them.
public struct ModelSetting: Sendable, Encodable, Equatable {
    /// How calls name it.
    public var name: String
    /// A folder that is there, else a model of a hub, `OWNER/NAME` or `OWNER/NAME@REVISION`.
    public var path: String
    /// Number format of the weights; nil: as the model stores them.
    public var dtype: String?
    /// Folder of a CLIP encoder that concept heads read.
    public var headEncoder: String?
    /// Whether pictures may be cut into tiles.
    public var tiles: Bool?

    /// A setting.
    public init(
        name: String, path: String, dtype: String? = nil, headEncoder: String? = nil, tiles: Bool? = nil
    ) {
        self.name = name
        self.path = path
        self.dtype = dtype
        self.headEncoder = headEncoder
        self.tiles = tiles
    }

    /// Reads one; nil for what is none.
    init?(_ value: SettingValue) {
        guard case .object(var fields) = value, let name = fields.removeValue(forKey: "name")?.asText,
            let path = fields.removeValue(forKey: "path")?.asText, ModelEntry.isName(name)
        else { return nil }
        self.init(name: name, path: path)
        for (field, value) in fields where value != .null {
            switch (field, value) {
            case ("dtype", .text(let text)) where !text.isEmpty: dtype = text
            case ("headEncoder", .text(let text)) where !text.isEmpty: headEncoder = text
            case ("tiles", .flag(let flag)): tiles = flag
            default: return nil
            }
        }
    }
}

extension SettingValue {
    /// A text of at least one character that may be a path.
    fileprivate var asText: String? {
        guard case .text(let text) = self, !text.isEmpty, !text.utf8.contains(0) else { return nil }
        return text
    }
}

extension ServiceConfiguration {
    /// What is wrong with a table of models; nil where nothing is.
    static func problem(of models: [ModelSetting]?, model: String?) -> String? {
        guard let models else { return nil }
        if model != nil { return "model and models are both set; keep one of them" }
        var names: Set<String> = []
        for one in models where !names.insert(one.name).inserted {
            return "models has two of the name \"\(one.name)\"; give one of them another name"
        }
        return nil
    }
}
