/// What the hub means by an answer that gives nothing.
struct Refusal {
    let answer: HubAnswer
    let id: ModelID
    let hasToken: Bool

    /// A failure that may pass; nil for one that stays.
    var passing: RetryRule.Failure? {
        switch answer.status {
        case 429: .refused(status: 429, wait: answer.retryAfter)
        case 408, 500, 502, 503, 504: .refused(status: answer.status, wait: answer.retryAfter)
        default: nil
        }
    }

    /// The error for one that stays.
    func error(_ what: String) -> HubError {
        switch (answer["x-error-code"], answer.status) {
        case ("GatedRepo", _):
            return HubError(
                .noPermission,
                "\(id.repository) is gated: accept its terms on its page of the hub, "
                    + (hasToken
                        ? "with the account of the token that is used"
                        : "and give a token of that account (HF_TOKEN, or the file token in HF_HOME)"))
        case ("RevisionNotFound", _):
            return HubError(
                .notFound, "\(id.repository) has no revision \(id.revision); a branch, a tag or a commit names one")
        case ("EntryNotFound", _): return HubError(.notFound, "\(id) has no \(what)")
        case ("RepoNotFound", 401), (nil, 401):
            return HubError(
                .noPermission,
                "\(id.repository) does not exist, or "
                    + (hasToken
                        ? "the token may not see it; check the name, and HF_TOKEN or the file token in HF_HOME"
                        : "is not public; check the name, or give a token (HF_TOKEN, or the file token in HF_HOME)"))
        case ("RepoNotFound", _), (_, 404):
            return HubError(
                .notFound, "the hub has no \(what) of \(id); check the name (OWNER/NAME, upper and lower case count)")
        case (_, 401), (_, 403):
            return HubError(.noPermission, "the hub does not give out \(what) of \(id)\(words)")
        default:
            return HubError(.unavailable, "the hub answers \(answer.status) for \(what) of \(id)\(words)")
        }
    }

    private var words: String { answer["x-error-message"].map { ": \($0.shownShort)" } ?? "" }
}
