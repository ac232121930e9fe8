/// The release this code is.
public enum ServerVersion {
    /// As `major.minor.patch`.
    public static let current = "0.1.0"
}
