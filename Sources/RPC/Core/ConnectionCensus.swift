/// How many connections there are, in all and from each place, and which one is closed when there is no room.
///
/// A connection counts as a stranger until it has made a call of a known caller or shown a verified certificate.
/// Strangers never hold a slot for good: when one more does not fit, the oldest stranger is closed, taken from the
/// place that has most of them. So whoever opens connections and stays silent pushes out only other strangers. The last
/// slots are reserved for places with few connections, and the very last for the machine itself.
public struct ConnectionCensus: Sendable {
    /// Identifies a connection while it is counted.
    public typealias ID = UInt64

    /// How many connections there may be.
    public struct Limits: Sendable {
        /// In all.
        public var connections = 1024
        /// From one place.
        public var connectionsPerPlace = 256
        /// Connections of strangers.
        public var strangers = 512
        /// Reserved for places with fewer than `fewConnections`.
        public var keptForFew = 64
        /// Reserved for the machine itself.
        public var keptForLoopback = 16
        /// Up to how many connections count as few.
        public var fewConnections = 4

        /// The defaults.
        public init() {}

        /// The defaults for that many connections in all and from one place; the other numbers are scaled to them.
        public init(connections: Int, connectionsPerPlace: Int) {
            self.connections = connections
            self.connectionsPerPlace = connectionsPerPlace
            strangers = max(1, connections / 2)
            keptForFew = min(keptForFew, connections / 8)
            keptForLoopback = min(keptForLoopback, connections / 16)
        }
    }

    /// What to do with a new connection.
    public enum Decision: Sendable, Equatable {
        /// Take it under this name; `evicting` must be closed and is no longer counted.
        case admit(ID, evicting: ID?)
        /// Close it at once; it does not count.
        case refuse
    }

    private struct Place {
        var count = 0
        /// Oldest first.
        var strangers: [ID] = []
    }

    private let limits: Limits
    private var places: [String: Place] = [:]
    private var homes: [ID: String] = [:]
    private var strangers = 0
    private var next: ID = 0
    /// Connections admitted so far.
    public private(set) var admitted = 0
    /// Connections refused, and strangers closed to make room, so far.
    public private(set) var refused = 0

    /// An empty census.
    public init(_ limits: Limits) { self.limits = limits }

    /// Connections now.
    public var count: Int { homes.count }

    /// Whether more than three quarters of the slots are taken.
    public var isCrowded: Bool { count * 4 > limits.connections * 3 }

    /// Counts a connection from a numeric address.
    public mutating func admit(_ address: String) -> Decision {
        let name = Self.place(address)
        let place = places[name] ?? Place()
        var victim: ID?
        if place.count >= limits.connectionsPerPlace {
            victim = place.strangers.first
        } else if strangers >= limits.strangers || count >= limits.connections - kept(from: name, place.count) {
            victim = places.values.max { $0.strangers.count < $1.strangers.count }?.strangers.first
        } else {
            return .admit(add(name), evicting: nil)
        }
        refused += 1
        guard let victim else { return .refuse }
        leave(victim)
        return .admit(add(name), evicting: victim)
    }

    /// The connection is no stranger.
    public mutating func recognize(_ id: ID) {
        guard let name = homes[id], let index = places[name]?.strangers.firstIndex(of: id) else { return }
        places[name]?.strangers.remove(at: index)
        strangers -= 1
    }

    /// The connection is gone. Does nothing for one that was closed to make room.
    public mutating func leave(_ id: ID) {
        guard let name = homes[id] else { return }
        recognize(id)
        homes[id] = nil
        places[name]?.count -= 1
        if places[name]?.count == 0 { places[name] = nil }
    }

    private mutating func add(_ name: String) -> ID {
        defer { next += 1 }
        homes[next] = name
        places[name, default: Place()].count += 1
        places[name]?.strangers.append(next)
        strangers += 1
        admitted += 1
        return next
    }

    private func kept(from name: String, _ connections: Int) -> Int {
        if name == "127.0.0.1" || name == "::1" { return 0 }
        return connections < limits.fewConnections
            ? limits.keptForLoopback : limits.keptForLoopback + limits.keptForFew
    }

    /// Connections that are counted together. Whoever has one IPv6 address has its whole /64 network, so that is one
    /// place; an IPv4 address is the same place when it arrives on an IPv6 socket.
    public static func place(_ address: String) -> String {
        if let mapped = address.split(separator: ":").last, address.hasPrefix("::ffff:"), mapped.contains(".") {
            return String(mapped)
        }
        guard address.contains(":"), address != "::1" else { return address }
        let bare = address.prefix { $0 != "%" }
        let halves = bare.split(separator: "::", maxSplits: 1, omittingEmptySubsequences: false)
        var groups = halves[0].split(separator: ":").map(String.init)
        if halves.count == 2 {
            let tail = halves[1].split(separator: ":").map(String.init)
            groups += Array(repeating: "0", count: max(0, 8 - groups.count - tail.count)) + tail
        }
        return groups.prefix(4).joined(separator: ":") + "::/64"
    }
}
