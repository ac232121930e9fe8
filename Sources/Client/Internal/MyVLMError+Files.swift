package import LocalFiles

extension MyVLMError {
    /// The one place where errors of local files become errors of the client.
    package init(file error: LocalFileError) {
        let code: Code =
            switch error.code {
            case .missing, .unreadable, .malformed: .noInput
            case .openToOthers: .configuration
            case .notGiven: .usage
            case .tooLarge: .invalidArgument
            case .exists, .notWritable: .cannotCreate
            case .writeFailed: .outputFailed
            case .cancelled: .cancelled
            }
        self.init(code, error.message, cause: error)
    }
}
