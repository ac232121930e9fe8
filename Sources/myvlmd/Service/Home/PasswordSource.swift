import LocalFiles

/// Where the administrator's password comes from: a file only its owner may read, the terminal without echo, or a pipe.
public enum PasswordSource {
    /// Reads a password. On a terminal it is asked for twice.
    public static func read(file: String?, prompt: String) throws(ServiceError) -> String {
        do {
            return try SecretText.password(file: file.map { LocalPath($0) }, prompt: prompt, confirm: true) {
                StandardStream.complain($0, terminator: "")
            }
        } catch {
            let code: ServiceError.Code =
                switch error.code {
                case .missing: .missingFile
                case .openToOthers: .configuration
                case .notGiven, .cancelled: .usage
                case .malformed, .tooLarge: .badData
                case .unreadable, .exists, .notWritable, .writeFailed: .internalError
                }
            throw ServiceError(code, error.message, cause: error)
        }
    }
}
