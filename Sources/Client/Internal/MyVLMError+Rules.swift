import RPC
import Rules

extension MyVLMError {
    /// A broken rule, with the message that the server would give.
    init(_ rule: RuleError) { self.init(.invalidArgument, rule.message, cause: rule) }

    /// Throws what is wrong with a request, before any of it is sent.
    static func check(_ request: some WireMessage) throws(MyVLMError) {
        guard let request = request as? any CheckedRequest else { return }
        try RuleError.told(as: MyVLMError.init) { () throws(RuleError) in try request.check() }
    }
}

extension EnrollmentOrder {
    /// Throws what is wrong with the order or one of its photos: nothing is sent of one that would be refused.
    func check() throws {
        let request = try request(upload: "")
        try request.check()
        try PhotoRules.checkCount(photos.count)
        try request.checkCaptions(photos: photos.count)
        for photo in photos { try PhotoRules.check(photo.bytes, name: photo.name) }
    }
}
