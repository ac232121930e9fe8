/// A bounded queue whose keys take turns: first in, first out within a key, round robin between keys.
///
/// However much one key puts in, another's element is taken after at most one of each other key. Whoever has nothing
/// waiting has no turn; a key that comes again stands last. An element that is taken back leaves at once and makes room.
/// A value; every operation takes constant time but for `next(where:)`, which looks at keys only.
package struct TurnQueue<Key: Hashable & Sendable, Element: Sendable>: Sendable {
    /// Names an element from when it was put in until it is out; never used twice by one queue.
    package struct Ticket: Hashable, Sendable {
        fileprivate let number: UInt64
    }

    /// Why an element was not taken in.
    package enum Full: Error, Equatable {
        /// The key has as many elements waiting as one may have.
        case key
        /// All keys together have.
        case queue
    }

    private struct Entry: Sendable {
        let key: Key
        let element: Element
        var before: Ticket?
        var after: Ticket?
    }

    /// The elements of one key, and its place in the circle of keys.
    private struct Line: Sendable {
        var first: Ticket
        var last: Ticket
        var count: Int
        var before: Key?
        var after: Key?
    }

    private let limit: Int
    private let limitPerKey: Int
    private var entries: [Ticket: Entry] = [:]
    private var lines: [Key: Line] = [:]
    private var firstKey: Key?
    private var lastKey: Key?
    private var issued: UInt64 = 0

    /// An empty queue for at most `limit` elements, at most `limitPerKey` of one key.
    package init(limit: Int = .max, limitPerKey: Int = .max) {
        self.limit = limit
        self.limitPerKey = limitPerKey
    }

    /// Elements waiting.
    package var count: Int { entries.count }
    /// Whether none waits.
    package var isEmpty: Bool { entries.isEmpty }
    /// Keys with something waiting, in the order of their turns.
    package var keys: [Key] {
        var keys: [Key] = []
        var key = firstKey
        while let next = key {
            keys.append(next)
            key = lines[next]?.after
        }
        return keys
    }

    /// Elements of a key that wait.
    package func count(of key: Key) -> Int { lines[key]?.count ?? 0 }

    /// The element that `next(of:)` would take.
    package func first(of key: Key) -> Element? { lines[key].flatMap { entries[$0.first]?.element } }

    /// Puts an element last among its key's. Throws `Full`, and nothing has changed.
    @discardableResult
    package mutating func append(_ element: Element, for key: Key) throws(Full) -> Ticket {
        guard count(of: key) < limitPerKey else { throw .key }
        guard entries.count < limit else { throw .queue }
        return append(unlimited: element, for: key)
    }

    /// The same whatever the limits say, for whoever bounds the elements elsewhere.
    package mutating func append(unlimited element: Element, for key: Key) -> Ticket {
        issued += 1
        let ticket = Ticket(number: issued)
        let last = lines[key]?.last
        entries[ticket] = Entry(key: key, element: element, before: last, after: nil)
        if let last {
            entries[last]?.after = ticket
            lines[key]?.last = ticket
            lines[key]?.count += 1
        } else {
            lines[key] = Line(first: ticket, last: ticket, count: 1)
            putLast(key)
        }
        return ticket
    }

    /// Takes an element back, wherever it stands; nil when it is out already.
    package mutating func remove(_ ticket: Ticket) -> Element? {
        guard let entry = entries.removeValue(forKey: ticket) else { return nil }
        if let before = entry.before { entries[before]?.after = entry.after }
        if let after = entry.after { entries[after]?.before = entry.before }
        if let after = entry.after, entry.before == nil { lines[entry.key]?.first = after }
        if let before = entry.before, entry.after == nil { lines[entry.key]?.last = before }
        lines[entry.key]?.count -= 1
        if lines[entry.key]?.count == 0 {
            unlink(entry.key)
            lines[entry.key] = nil
        }
        return entry.element
    }

    /// Takes the first element of the key whose turn it is; the key then stands last.
    package mutating func next() -> (key: Key, element: Element)? {
        firstKey.flatMap { key in next(of: key).map { (key, $0) } }
    }

    /// Takes the first element of the first key, in the order of turns, that is let through with it.
    package mutating func next(where isNext: (Key, Element) -> Bool) -> (key: Key, element: Element)? {
        var key = firstKey
        while let candidate = key {
            if let element = first(of: candidate), isNext(candidate, element) {
                return next(of: candidate).map { (candidate, $0) }
            }
            key = lines[candidate]?.after
        }
        return nil
    }

    /// Takes the first element of a key out of turn; the key then stands last.
    package mutating func next(of key: Key) -> Element? {
        guard let first = lines[key]?.first, let element = remove(first) else { return nil }
        if lines[key] != nil {
            unlink(key)
            putLast(key)
        }
        return element
    }

    private mutating func putLast(_ key: Key) {
        lines[key]?.before = lastKey
        lines[key]?.after = nil
        if let lastKey { lines[lastKey]?.after = key } else { firstKey = key }
        lastKey = key
    }

    private mutating func unlink(_ key: Key) {
        guard let line = lines[key] else { return }
        if let before = line.before { lines[before]?.after = line.after } else { firstKey = line.after }
        if let after = line.after { lines[after]?.before = line.before } else { lastKey = line.before }
    }
}
