internal import LocalFiles

extension HubClient {
    /// Follows an address to the end of its redirects, and hands the body of a good answer over. Throws `HubError` for
    /// what stays wrong, and `RetryRule.Failure` for what may pass.
    /// - Parameter look: sees each answer of the hub before its body or the next step.
    private func exchange(
        _ url: HubURL, bytes: HubRequest.Bytes, of id: ModelID, what: String,
        look: (HubAnswer) throws(HubError) -> Void, read: HubTransport.Reader
    ) throws -> HubAnswer {
        var rule = RedirectRule(endpoint: settings.address.endpoint, token: settings.token)
        var request = rule.request(url, bytes: bytes)
        while true {
            var hasLooked = false
            let answer: HubAnswer
            do {
                answer = try transport.send(request) { (answer, bytes) throws(HubError) in
                    guard Self.isGood(answer) else { return .enough }
                    if !hasLooked { try look(answer) }
                    hasLooked = true
                    return try read(answer, bytes)
                }
            } catch let error as TransportError {
                throw try Self.failure(error, request.url, what)
            }
            if answer.isRedirect {
                try look(answer)
                request = try rule.next(answer, of: request)
                continue
            }
            guard Self.isGood(answer) || answer.status == 416 else {
                let refusal = Refusal(answer: answer, id: id, hasToken: settings.token != nil)
                throw refusal.passing ?? refusal.error(what)
            }
            if !hasLooked { try look(answer) }
            return answer
        }
    }

    private static func isGood(_ answer: HubAnswer) -> Bool { answer.status == 200 || answer.status == 206 }

    private static func failure(_ error: TransportError, _ url: HubURL, _ what: String) throws -> RetryRule.Failure {
        switch error {
        case .passing(let failure): return failure
        case .cancelled: throw HubError(.cancelled, "stopped; the same command goes on from there")
        case .untrusted(let words):
            throw HubError(
                .unavailable,
                "\(url.host) cannot be trusted (\(words.shownShort)); "
                    + "if a proxy of yours stands between, name its authority in SSL_CERT_FILE"
            )
        case .nonsense(let words):
            throw HubError(
                .unavailable,
                "\(url.host) gives no answer that can be read for \(what) (\(words.shownShort)); try again later")
        }
    }

    /// Makes tries until one is good or the rule gives up.
    /// - Parameter progress: bytes that no further try will ask for.
    func patiently(_ what: String, progress: () -> Int = { 0 }, _ attempt: () throws -> Void) throws(HubError) {
        var rule = RetryRule()
        var before = progress()
        while true {
            do {
                return try attempt()
            } catch let error as HubError {
                throw error
            } catch let failure as RetryRule.Failure {
                let host = settings.address.endpoint.host
                guard let pause = rule.pause(after: failure, gained: progress() > before) else {
                    throw failure.error(what, host)
                }
                before = progress()
                tell(.waiting(seconds: pause, reason: failure.error(what, host).message))
                try wait(pause)
            } catch {
                throw HubError(.unavailable, "\(what) cannot be fetched: \(error)")
            }
        }
    }

    /// An answer as a whole, of at most `limit` bytes.
    func whole(_ url: HubURL, limit: Int, of id: ModelID, what: String) throws(HubError) -> ([UInt8], HubAnswer) {
        var result: ([UInt8], HubAnswer)?
        try patiently("the \(what) of \(id)") {
            var bytes: [UInt8] = []
            let answer = try exchange(url, bytes: .all, of: id, what: what, look: { _ in }) {
                (_, piece) throws(HubError) in
                guard piece.count <= limit - bytes.count else {
                    throw HubError(
                        .badData, "\(url.shown) answers with more than \(ByteText.size(limit)); is HF_ENDPOINT a hub?")
                }
                bytes += piece
                return .more
            }
            result = (bytes, answer)
        }
        guard let result else { throw HubError(.unavailable, "no \(what) of \(id) came") }
        return result
    }

    /// The first bytes of a file, from the cache or the hub; fewer where it has fewer.
    func start(of file: RepositoryFile, count: Int, _ id: ModelID, _ commit: String) throws(HubError) -> [UInt8] {
        let blob = cache.layout(id).blob(file.digest)
        if FileStatus(blob)?.size == file.size {
            do {
                return try LocalInput(blob).read(upTo: count)
            } catch {
                throw HubError(.cannotWrite, error.message)
            }
        }
        guard let url = settings.address.file(id, commit: commit, path: file.path) else { throw Self.noAddress(id) }
        guard count > 0 else { return [] }
        var start: [UInt8] = []
        try patiently("\(file.path) of \(id)") {
            start = []
            _ = try exchange(url, bytes: .first(count), of: id, what: file.path, look: { _ in }) {
                (_, piece) throws(HubError) in
                start += piece.prefix(count - start.count)
                return start.count < count ? .more : .enough
            }
        }
        return start
    }

    /// One try to bring the rest of a file.
    func attempt(_ file: RepositoryFile, _ draft: BlobDraft, _ id: ModelID, _ commit: String, advanced: () -> Void)
        throws
    {
        guard let url = settings.address.file(id, commit: commit, path: file.path) else { throw Self.noAddress(id) }
        var isPlaced = false
        let answer = try exchange(
            url, bytes: .from(draft.count), of: id, what: file.path,
            look: { (answer) throws(HubError) in try Self.check(answer, file) }
        ) { (answer, piece) throws(HubError) in
            if !isPlaced, answer.bodyStart != draft.count {
                // A server without ranges sends everything.
                guard answer.bodyStart == 0 else {
                    throw HubError(
                        .badData,
                        "\(url.host) sends another part of \(file.path) than it was asked for; try again later")
                }
                try draft.restart()
            }
            isPlaced = true
            try draft.add(piece)
            advanced()
            return .more
        }
        if answer.status == 416 { try draft.restart() }
        // Less than was listed, and an end that looks like one: the rest may come.
        guard draft.count == file.size else { throw RetryRule.Failure.cut }
    }

    /// Compares what an answer says of a file with what the list said.
    private static func check(_ answer: HubAnswer, _ file: RepositoryFile) throws(HubError) {
        if let size = answer.contentSize, size != file.size {
            throw HubError(
                .badData,
                "\(file.path) has \(size) bytes, and the hub lists it with \(file.size); "
                    + "it may have changed meanwhile: try again"
            )
        }
        if let tag = answer.contentTag.flatMap({ ContentDigest($0) }), answer["x-linked-etag"] != nil,
            tag != file.digest
        {
            throw HubError(
                .badData, "\(file.path) has another digest than the hub lists; it may have changed meanwhile: try again"
            )
        }
    }
}
