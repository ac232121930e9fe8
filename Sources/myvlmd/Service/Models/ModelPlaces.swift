/// Which models of a server are in memory, and what becomes of whoever asks for one. A value; `ModelShelf` is its shell.
///
/// What is reckoned for models that are loaded, or being loaded, never exceeds the budget. A model that somebody uses
/// or waits for stays; the one that was longest without anybody goes first.
package struct ModelPlaces: Sendable {
    /// Where one model stands.
    package enum Phase: Sendable, Equatable {
        /// It is loaded when somebody asks for it.
        case absent
        /// The share of its weights that has been read, 0...1.
        case loading(share: Double)
        case ready
        /// Loading failed; nobody tries again before this time.
        case failed(untilMs: Int64)
    }

    /// What whoever asks for a model has to do.
    package enum Entry: Sendable, Equatable {
        /// Use it, then leave.
        case use
        /// Wait until it is loaded, then use it, and leave.
        case wait
        /// Drop these models, begin to load it, and wait like everybody else.
        case load(dropping: [Int])
        /// It could not be loaded; there is nothing to leave.
        case failed
        /// The models that are in use, or being loaded, leave it no room; there is nothing to leave.
        case full(inUse: [Int])
    }

    private struct Place: Sendable {
        let bytes: Int
        var phase = Phase.absent
        var users = 0
        var lastUse: UInt64 = 0

        /// Whether it takes room.
        var isHere: Bool {
            switch phase {
            case .loading, .ready: true
            case .absent, .failed: false
            }
        }

        /// Whether it may go.
        var isIdle: Bool { phase == .ready && users == 0 }
    }

    /// How long a failure stands: reading gigabytes again for every call would be everybody's loss.
    package static let retryAfterMs: Int64 = 60_000

    /// Bytes that all models may take.
    package let budget: Int
    private var places: [Place]
    private var clock: UInt64 = 0

    /// Places of models with what each takes, none of which is loaded.
    package init(bytes: [Int], budget: Int) {
        self.budget = budget
        places = bytes.map { Place(bytes: $0) }
    }

    /// Where a model stands.
    package func phase(_ index: Int) -> Phase { places[index].phase }

    /// What is reckoned for the models that are loaded or being loaded.
    package var bytes: Int { places.filter(\.isHere).reduce(0) { $0 + $1.bytes } }

    /// Somebody asks for a model.
    package mutating func enter(_ index: Int, nowMs: Int64) -> Entry {
        switch places[index].phase {
        case .ready:
            use(index)
            return .use
        case .loading:
            use(index)
            return .wait
        case .failed(let untilMs) where nowMs < untilMs: return .failed
        case .absent, .failed:
            guard let dropped = room(for: index) else {
                return .full(inUse: places.indices.filter { places[$0].isHere && !places[$0].isIdle })
            }
            for other in dropped { places[other].phase = .absent }
            use(index)
            places[index].phase = .loading(share: 0)
            return .load(dropping: dropped)
        }
    }

    /// Somebody who used a model, or waited for it, goes. True where nobody is left, so that the model may go too.
    @discardableResult package mutating func leave(_ index: Int) -> Bool {
        clock += 1
        places[index].users -= 1
        places[index].lastUse = clock
        return places[index].users == 0
    }

    /// So much of a model has been read. True where that is another tenth.
    package mutating func reached(_ index: Int, share: Double) -> Bool {
        guard case .loading(let before) = places[index].phase, share > before else { return false }
        places[index].phase = .loading(share: share)
        return Int(share * 10) > Int(before * 10)
    }

    /// A model is there.
    package mutating func loaded(_ index: Int) { places[index].phase = .ready }

    /// A model could not be loaded.
    package mutating func failed(_ index: Int, nowMs: Int64) {
        places[index].phase = .failed(untilMs: nowMs + Self.retryAfterMs)
    }

    private mutating func use(_ index: Int) {
        clock += 1
        places[index].users += 1
        places[index].lastUse = clock
    }

    /// The models to be dropped so that one more fits; nil where those in use leave no room.
    private func room(for index: Int) -> [Int]? {
        var free = budget - bytes
        var dropped: [Int] = []
        let idle = places.indices.filter { places[$0].isIdle }
            .sorted { places[$0].lastUse < places[$1].lastUse }
        for other in idle where free < places[index].bytes {
            free += places[other].bytes
            dropped.append(other)
        }
        return free >= places[index].bytes ? dropped : nil
    }
}
