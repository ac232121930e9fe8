import Foundation
import Registry
import Rules

extension ServiceConfiguration {
    /// Reads `config.json`. Settings that are left out, or null, have their defaults. Throws `configuration`, naming
    /// the file, the setting, what may stand there and an example: for text that is not a JSON object, a setting that
    /// does not exist (with the one that was probably meant) or occurs twice, and a value of another type or out of
    /// range.
    init(_ data: Data, file: String) throws(ServiceError) {
        self.init()
        let values: [String: SettingValue]
        do {
            values = try JSONDecoder().decode([String: SettingValue].self, from: data)
        } catch {
            throw ServiceError(
                .configuration,
                "\(file) does not parse: it must be one JSON object, for example {\"concurrentAnswers\": 8}; correct it or restore it",
                cause: error)
        }
        let known = Dictionary(Self.settings.map { ($0.name, $0) }) { first, _ in first }
        for key in values.keys.sorted() where known[key] == nil {
            let nearest = NearestName.of(key, among: Self.settings.map(\.name))
            let hint = nearest.map { "did you mean \($0)?" } ?? "see Docs/operations.md for those that there are"
            throw ServiceError(.configuration, "\(file): there is no setting \"\(key.prefix(64))\"; \(hint)")
        }
        if let twice = JSONKeys.repeated(in: data) {
            throw ServiceError(
                .configuration, "\(file): \"\(twice.prefix(64))\" occurs twice; remove one of the two")
        }
        for setting in Self.settings {
            guard let value = values[setting.name], value != .null else { continue }
            guard setting.take(value, &self) else {
                throw ServiceError(
                    .configuration,
                    "\(file): \(setting.name) is \(value); it must be \(setting.wanted), \"\(setting.name)\": "
                        + "\(setting.example) say")
            }
        }
        if let problem = Self.problem(of: models, model: model) {
            throw ServiceError(.configuration, "\(file): \(problem)")
        }
        guard tokenLifetimeSeconds <= maximumTokenLifetimeSeconds else {
            throw ServiceError(
                .configuration,
                "\(file): tokenLifetimeSeconds is \(tokenLifetimeSeconds), more than maximumTokenLifetimeSeconds, "
                    + "\(maximumTokenLifetimeSeconds); lower the first or raise the second")
        }
        guard (try? ListenAddress(listen)) != nil else {
            throw ServiceError(
                .configuration,
                "\(file): listen is \"\(listen)\"; it must be HOST:PORT, \"listen\": \"127.0.0.1:7443\" say")
        }
    }
}

/// One setting of `config.json`.
private struct Setting: Sendable {
    let name: String
    /// The allowed values, for messages.
    let wanted: String
    let example: String
    /// Sets the value; false when it is not allowed.
    let take: @Sendable (SettingValue, inout ServiceConfiguration) -> Bool
}

extension Setting {
    static func number<T: FixedWidthInteger & Sendable>(
        _ name: String, _ range: ClosedRange<T>, _ example: T,
        _ place: @escaping @Sendable (inout ServiceConfiguration, T) -> Void
    ) -> Setting {
        Setting(
            name: name, wanted: "a whole number from \(range.lowerBound) to \(range.upperBound)", example: "\(example)"
        ) { value, configuration in
            guard case .number(let number) = value, let number = T(exactly: number), range.contains(number) else {
                return false
            }
            place(&configuration, number)
            return true
        }
    }

    static func text(
        _ name: String, _ wanted: String, _ example: String,
        _ place: @escaping @Sendable (inout ServiceConfiguration, String) -> Void
    ) -> Setting {
        Setting(name: name, wanted: wanted, example: "\"\(example)\"") { value, configuration in
            guard case .text(let text) = value, !text.isEmpty, !text.utf8.contains(0) else { return false }
            place(&configuration, text)
            return true
        }
    }
}

extension ServiceConfiguration {
    private static let year: Int64 = 366 * 86_400
    private static let gibibyte = 1 << 30

    /// Every setting there is. The ranges keep sums of them within their types.
    fileprivate static let settings: [Setting] = [
        .text("listen", "HOST:PORT in quotes", "127.0.0.1:7443") { $0.listen = $1 },
        .text("model", "the path of a model's folder in quotes", "/srv/models/pocket") { $0.model = $1 },
        Setting(
            name: "models",
            wanted:
                "a list of objects, each of a name (A-Z, a-z, 0-9, '.', '_', '-') and a path, and where wanted dtype, "
                + "headEncoder and tiles",
            example: #"[{"name": "pocket", "path": "/srv/models/pocket"}]"#
        ) { value, configuration in
            guard case .list(let values) = value, !values.isEmpty else { return false }
            let models = values.compactMap(ModelSetting.init)
            guard models.count == values.count else { return false }
            configuration.models = models
            return true
        },
        .number("modelBytes", 1 << 20...1_024 * gibibyte, 8 * gibibyte) { $0.modelBytes = $1 },
        .number("tokenLifetimeSeconds", 1...100 * year, 30 * 86_400) { $0.tokenLifetimeSeconds = $1 },
        .number("maximumTokenLifetimeSeconds", 1...100 * year, 365 * 86_400) { $0.maximumTokenLifetimeSeconds = $1 },
        .number("maximumPhotos", 1...1_000, 20) { $0.maximumPhotos = $1 },
        .number("maximumPhotoBytes", Bounds.photoBytes, Bounds.photoBytes.upperBound) { $0.maximumPhotoBytes = $1 },
        .number("uploadBytesPerUser", 1...1_024 * gibibyte, 256 << 20) { $0.uploadBytesPerUser = $1 },
        .number("uploadBytes", 1...1_024 * gibibyte, 1 << 30) { $0.uploadBytes = $1 },
        .number("uploadLifetimeSeconds", 1...year, 1_800) { $0.uploadLifetimeSeconds = $1 },
        .number("concurrentEnrollments", 1...1_024, 2) { $0.concurrentEnrollments = $1 },
        .number("waitingEnrollments", 0...1_000_000, 16) { $0.waitingEnrollments = $1 },
        .number("concurrentAnswers", 1...1_024, 8) { $0.concurrentAnswers = $1 },
        .number("waitingAnswers", 1...1_000_000, 64) { $0.waitingAnswers = $1 },
        .number("residentBytes", 1...1_024 * gibibyte, 64 << 20) { $0.residentBytes = $1 },
        .number("conceptsPerUser", 1...1_000_000, 100) { $0.conceptsPerUser = $1 },
        .number("bytesPerUser", 1...1_024 * gibibyte, 256 << 20) { $0.bytesPerUser = $1 },
        .number("requestsPerMinute", 1...1_000_000_000, 1_200) { $0.requestsPerMinute = $1 },
        .number("streamsPerUser", 1...1_000_000, 32) { $0.streamsPerUser = $1 },
        .number("enrollmentMinutesPerDay", 1...1_000_000_000, 600) { $0.enrollmentMinutesPerDay = $1 },
        .text("clientAuthority", "the path of a PEM file in quotes", "/etc/myvlm/clients.pem") {
            $0.clientAuthority = $1
        },
        .number("drainSeconds", 0...86_400, 20) { $0.drainSeconds = $1 },
    ]
}

/// A JSON value, also for messages.
enum SettingValue: Decodable, Equatable, CustomStringConvertible {
    case null, flag(Bool), number(Int64), fraction(Double), text(String)
    case list([SettingValue]), object([String: SettingValue])

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let flag = try? value.decode(Bool.self) {
            self = .flag(flag)
        } else if let number = try? value.decode(Int64.self) {
            self = .number(number)
        } else if let fraction = try? value.decode(Double.self) {
            self = .fraction(fraction)
        } else if let text = try? value.decode(String.self) {
            self = .text(text)
        } else if let list = try? value.decode([SettingValue].self) {
            self = .list(list)
        } else {
            self = .object(try value.decode([String: SettingValue].self))
        }
    }

    var description: String {
        switch self {
        case .null: "null"
        case .flag(let flag): "\(flag)"
        case .number(let number): "\(number)"
        case .fraction(let fraction): "\(fraction)"
        case .text(let text): "\"\(text.prefix(64))\""
        case .list: "a list"
        case .object: "an object"
        }
    }
}
