import RPC
import Registry

/// The scopes that a token needs for a call: the API's rules as the registry's scopes.
enum MethodScopes {
    /// The scope of a method; a method that has no rules needs all of them.
    static func required(_ method: MethodName) -> Scopes {
        switch MethodCatalog.method(method)?.rules?.scope {
        // Any token may ask whose it is, manage tokens with no more rights than its own, and end itself; changing a
        // password takes the old one.
        case .strangers?, .any?: []
        case .read?: .read
        case .query?: .query
        case .enroll?: .enroll
        case .admin?: .admin
        case nil: .all
        }
    }

    /// Whether a method is a login, which cannot require a caller.
    static func isForStrangers(_ method: MethodName) -> Bool {
        MethodCatalog.method(method)?.rules?.scope == .strangers
    }
}
