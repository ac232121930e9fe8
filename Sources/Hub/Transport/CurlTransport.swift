internal import CCurl
internal import Glibc

/// Requests by libcurl: TLS with the system's authorities or those that a variable names, proxies of the environment,
/// one connection kept for the next request. It follows no redirect and knows no file of passwords: what is sent where
/// is decided above. Confined to who made it.
package final class CurlTransport: HubTransport {
    private let curl: UnsafeMutableRawPointer
    private let settings: TransportSettings

    /// Less than this many bytes a second is nothing.
    private static let slowest = 256

    /// Once a process, before the first handle.
    private static let library = curl_global_init(Int(CURL_GLOBAL_DEFAULT))

    /// Throws `unavailable` where libcurl cannot be made ready.
    package init(_ settings: TransportSettings) throws(HubError) {
        guard Self.library == CURLE_OK, let curl = curl_easy_init() else {
            throw HubError(.unavailable, "libcurl cannot be made ready: check its installation")
        }
        self.curl = curl
        self.settings = settings
    }

    deinit { curl_easy_cleanup(curl) }

    package func send(_ request: HubRequest, _ read: Reader) throws -> HubAnswer {
        try withoutActuallyEscaping(read) { read in
            let exchange = CurlExchange(curl, read, isCancelled: settings.isCancelled)
            // What the last request set is gone; its connection is kept.
            curl_easy_reset(curl)
            try prepare(request)
            var list: UnsafeMutablePointer<curl_slist>?
            defer { curl_slist_free_all(list) }
            for header in request.headers {
                guard let longer = curl_slist_append(list, header) else {
                    throw TransportError.nonsense("out of memory")
                }
                list = longer
            }
            try take(myvlm_curl_set_list(curl, CURLOPT_HTTPHEADER, list))
            return try exchange.run()
        }
    }

    private func prepare(_ request: HubRequest) throws {
        try take(myvlm_curl_set_text(curl, CURLOPT_URL, request.url.text))
        try take(myvlm_curl_set_text(curl, CURLOPT_PROTOCOLS_STR, "https,http"))
        for (option, value) in [
            (CURLOPT_FOLLOWLOCATION, 0), (CURLOPT_NOSIGNAL, 1), (CURLOPT_SUPPRESS_CONNECT_HEADERS, 1),
            (CURLOPT_CONNECTTIMEOUT, settings.connectSeconds), (CURLOPT_LOW_SPEED_LIMIT, Self.slowest),
            (CURLOPT_LOW_SPEED_TIME, settings.stallSeconds), (CURLOPT_NOPROGRESS, 0),
        ] { try take(myvlm_curl_set_number(curl, option, value)) }
        if let authorities = settings.authorities {
            try take(myvlm_curl_set_text(curl, CURLOPT_CAINFO, authorities))
        }
    }

    private func take(_ code: CURLcode) throws {
        guard code == CURLE_OK else { throw TransportError.nonsense(String(cString: curl_easy_strerror(code))) }
    }
}

/// One request under way: what its callbacks know.
private final class CurlExchange {
    /// The most bytes of all headers of an answer.
    private static let headerLimit = 64 << 10

    private let curl: UnsafeMutableRawPointer
    private let read: HubTransport.Reader
    private let isCancelled: @Sendable () -> Bool
    private var headers: [(String, String)] = []
    private var headerBytes = 0
    private var answer: HubAnswer?
    private var failure: HubError?
    private var hasEnough = false

    init(
        _ curl: UnsafeMutableRawPointer, _ read: @escaping HubTransport.Reader,
        isCancelled: @escaping @Sendable () -> Bool
    ) {
        self.curl = curl
        self.read = read
        self.isCancelled = isCancelled
    }

    func run() throws -> HubAnswer {
        // Alive for the call below, as `self` is.
        let context = Unmanaged.passUnretained(self).toOpaque()
        var words = [CChar](repeating: 0, count: Int(CURL_ERROR_SIZE))
        let code = words.withUnsafeMutableBytes { words in
            _ = myvlm_curl_set_pointer(curl, CURLOPT_ERRORBUFFER, words.baseAddress)
            for option in [CURLOPT_HEADERDATA, CURLOPT_WRITEDATA, CURLOPT_XFERINFODATA] {
                _ = myvlm_curl_set_pointer(curl, option, context)
            }
            _ = myvlm_curl_set_receiver(curl, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
                CurlExchange.of(context)?.takeHeader(UnsafeRawBufferPointer(start: bytes, count: size * count)) ?? 0
            }
            _ = myvlm_curl_set_receiver(curl, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
                CurlExchange.of(context)?.takeBody(UnsafeRawBufferPointer(start: bytes, count: size * count)) ?? 0
            }
            _ = myvlm_curl_set_progress(curl) { context, _, _, _, _ in
                CurlExchange.of(context).map { $0.isCancelled() ? 1 : 0 } ?? 1
            }
            let code = curl_easy_perform(curl)
            // The buffer ends with this call, the handle does not.
            _ = myvlm_curl_set_pointer(curl, CURLOPT_ERRORBUFFER, nil)
            return code
        }
        if let failure { throw failure }
        if code == CURLE_OK || hasEnough { return head() }
        throw Self.error(code, String(decoding: words.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }

    private static func of(_ context: UnsafeMutableRawPointer?) -> CurlExchange? {
        context.map { Unmanaged<CurlExchange>.fromOpaque($0).takeUnretainedValue() }
    }

    private func takeHeader(_ bytes: UnsafeRawBufferPointer) -> Int {
        headerBytes += bytes.count
        guard headerBytes <= Self.headerLimit else {
            failure = HubError(.badData, "the hub's answer begins with headers that do not end; try again later")
            return 0
        }
        let line = String(decoding: bytes, as: UTF8.self)
        // An answer that only says to go on, or that of a proxy, came before.
        if line.hasPrefix("HTTP/") { headers = [] }
        if let colon = line.firstIndex(of: ":") {
            let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            headers.append((String(line[..<colon]), String(value.prefix { !$0.isNewline })))
        }
        return bytes.count
    }

    private func takeBody(_ bytes: UnsafeRawBufferPointer) -> Int {
        do {
            switch try read(head(), bytes) {
            case .more: return bytes.count
            case .enough: hasEnough = true
            }
        } catch {
            failure = error
        }
        return 0
    }

    private func head() -> HubAnswer {
        if let answer { return answer }
        var status = 0
        _ = myvlm_curl_status(curl, &status)
        let answer = HubAnswer(status: status, headers: headers)
        self.answer = answer
        return answer
    }

    private static func error(_ code: CURLcode, _ words: String) -> TransportError {
        let words = words.isEmpty ? String(cString: curl_easy_strerror(code)) : words
        switch code {
        case CURLE_ABORTED_BY_CALLBACK: return .cancelled
        case CURLE_OPERATION_TIMEDOUT: return .passing(.stalled)
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_CONNECT, CURLE_SSL_CONNECT_ERROR:
            return .passing(.unreachable)
        case CURLE_PARTIAL_FILE, CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_GOT_NOTHING, CURLE_HTTP2, CURLE_HTTP2_STREAM:
            return .passing(.cut)
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE: return .untrusted(words)
        default: return .nonsense(words)
        }
    }
}
