internal import Foundations

extension HubRequest {
    /// Who asks.
    static let agent = "myvlmd/\(Release.version)"
}
