package import LocalFiles
public import RPCMessages

/// A photo as it is sent: the bytes of a JPEG, PNG or WebP file.
public struct Photo: Sendable {
    /// Bytes a photo may have.
    public static let maximumBytes = Bounds.photoBytes.upperBound
    /// For messages only.
    public let name: String
    /// The file's bytes, sent as they are.
    public let bytes: [UInt8]

    /// A photo from memory.
    public init(name: String, bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
    }

    /// Reads a photo: a file, or whatever else gives bytes and ends, such as a pipe. Throws `noInput` when it cannot be
    /// read and `invalidArgument` above 24 MiB or when its first bytes are not a picture's; the message names the file.
    /// - Parameter path: a name that is not UTF-8 is written as on the command line, with each byte above 0x7F that is
    ///   not part of UTF-8 as the scalar U+10FF00 plus the byte.
    public init(file path: String) throws(MyVLMError) { try self.init(path: LocalPath(path)) }

    /// Reads a photo. Throws as `init(file:)`.
    package init(path: LocalPath) throws(MyVLMError) {
        let bytes: [UInt8]
        do {
            bytes = try LocalInput.contents(of: path, limit: Self.maximumBytes)
        } catch {
            throw MyVLMError(file: error)
        }
        try RuleError.told(as: MyVLMError.init) { () throws(RuleError) in
            try PhotoRules.check(bytes, name: path.shown)
        }
        self.init(name: path.name.shown, bytes: bytes)
    }
}

/// What to teach: the request, with the photos that are sent before it. Its fields are the request's.
@dynamicMemberLookup
public struct EnrollmentOrder: Sendable {
    /// The request, which is sent once the photos are uploaded.
    public var request: EnrollRequest
    /// One photo is enough; three to five are better.
    public var photos: [Photo]
    /// When the new version may be committed.
    public var condition: PointerCondition

    /// An order.
    /// - Parameters:
    ///   - name: the owner's name for the concept.
    ///   - kind: nil lets the server find out from the photos; the version says which it was.
    ///   - classNoun: "dog", "mug"; empty lets the frozen model say it.
    ///   - identifier: the word answers use; empty takes the name.
    ///   - photos: one is enough; three to five are better.
    ///   - captions: sentences with `{concept}` once, by the index of their photo.
    ///   - seed: same photos, captions and seed: same version. 0 takes the server's default.
    ///   - condition: when the new version may be committed.
    ///   - reason: why; kept in the history.
    public init(
        name: String, kind: ConceptKind? = nil, classNoun: String = "", identifier: String = "", photos: [Photo],
        captions: [(photo: Int, text: String)] = [], seed: UInt64 = 0, condition: PointerCondition = .always,
        reason: String = ""
    ) {
        request = EnrollRequest(
            name: name, kind: kind ?? .unspecified, classNoun: classNoun, identifier: identifier,
            captions: captions.map { PhotoCaption(photo: UInt32(clamping: $0.photo), text: $0.text) }, seed: seed,
            reason: reason)
        self.photos = photos
        self.condition = condition
    }

    /// A field of the request.
    public subscript<Value>(dynamicMember field: WritableKeyPath<EnrollRequest, Value>) -> Value {
        get { request[keyPath: field] }
        set { request[keyPath: field] = newValue }
    }
}

/// An event of a running enrollment.
public enum EnrollmentEvent: Sendable, Equatable {
    /// Photos sent so far.
    case uploaded(photos: Int, of: Int)
    /// The server has stored the enrollment: with this it can be looked at, cancelled and attached to.
    case job(Job)
    /// A stage begins: "checking photos", "training head", …
    case stage(String)
    /// One training step.
    case progress(EnrollProgress)
    /// A note for people.
    case note(String)
    /// The last event.
    case done(Enrolled)
}

/// What an enrollment has made.
public struct Enrolled: Sendable, Equatable {
    /// The version.
    public let version: ConceptVersion
    /// False when the same bytes already were a version: that one is `version`.
    public let created: Bool
}
