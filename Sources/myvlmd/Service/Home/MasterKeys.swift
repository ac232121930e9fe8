public import Registry

/// Where a home's master key comes from: the environment, or else the home's file.
public enum MasterKeys {
    /// Keys as 64 hex digits each, separated by commas; the first one wraps.
    public static let variable = "MYVLMD_MASTER_KEY"

    /// The source of a home. Throws `configuration` for a variable that holds no keys.
    public static func source(_ home: ServerHome, environment: [String: String]) throws(ServiceError) -> MasterKeySource
    {
        guard let text = environment[variable], !text.isEmpty else { return .file(home.masterKey) }
        do {
            return .keys(try text.split(separator: ",").map { try MasterKey(text: String($0)) })
        } catch {
            throw ServiceError(
                .configuration, "\(variable) holds no master keys: 64 hex digits each, separated by commas",
                cause: error)
        }
    }
}
