/// The release this code is: the one place that says so, for the server, the command line and `CHANGELOG.md`.
public enum Release {
    /// As `major.minor.patch`.
    public static let version = "1.1.0"
}
