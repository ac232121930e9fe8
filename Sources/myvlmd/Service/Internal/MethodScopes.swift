import RPC
import Registry

/// What a token must be allowed to make a call: the rules of the API in the registry's words.
enum MethodScopes {
    /// The scope of a method; a method that has no rules needs all of them.
    static func required(_ method: MethodName) -> Scopes {
        switch MethodCatalog.method(method)?.rules?.scope {
        // Any token may tell whose it is, manage tokens that may do no more than itself, and end itself; changing a
        // password takes the old one.
        case .strangers?, .any?: []
        case .read?: .read
        case .query?: .query
        case .enroll?: .enroll
        case .admin?: .admin
        case nil: .all
        }
    }

    /// Whether a method makes callers known, so that none can be asked for.
    static func isForStrangers(_ method: MethodName) -> Bool {
        MethodCatalog.method(method)?.rules?.scope == .strangers
    }
}
