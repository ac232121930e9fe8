import Foundations

/// What the registry promises about one user's concepts, without a database: dictionaries and arrays.
struct PureModel: Equatable {
    struct Alias: Equatable {
        var version: Int
        var isProtected = false
    }
    struct Concept: Equatable {
        /// Content by version number.
        var contents: [Int: String] = [:]
        var nextNumber = 1
        /// Values a rollback returns to, the current one last; retention may have taken their versions.
        var stack: [Int] = []
        var aliases: [String: Alias] = [:]
        var keepLast: Int?
        var sharedWith: Set<String> = []
        var current: Int { stack[stack.count - 1] }
        /// Where in the stack a rollback without a number goes.
        var below: Int? { stack.lastIndex { contents[$0] != nil && $0 != current } }

        mutating func prune() {
            guard let keepLast else { return }
            var kept = Set(contents.keys.sorted().suffix(keepLast)).union(aliases.values.map(\.version))
            kept.insert(current)
            if let below { kept.insert(stack[below]) }
            contents = contents.filter { kept.contains($0.key) }
        }
    }
    enum Failure: Error, Equatable { case notFound, failedPrecondition, alreadyExists }

    private(set) var concepts: [String: Concept] = [:]
    private(set) var deleted: [String: [Concept]] = [:]
    private(set) var revision = 0

    @discardableResult
    mutating func enroll(_ name: String, _ content: String, ifVersion: Int? = nil) throws(Failure) -> (
        number: Int, created: Bool, moved: Bool
    ) {
        var concept = concepts[name] ?? Concept()
        if let ifVersion, ifVersion != (concept.stack.last ?? 0) { throw .failedPrecondition }
        let known = concept.contents.first { $0.value == content }?.key
        let number = known ?? concept.nextNumber
        if known == nil {
            concept.contents[number] = content
            concept.nextNumber += 1
        }
        let moved = concept.stack.last != number
        if moved {
            concept.stack.append(number)
            revision += 1
        }
        concept.prune()
        concepts[name] = concept
        return (number, known == nil, moved)
    }

    @discardableResult
    mutating func rollback(_ name: String, to target: Int? = nil, ifVersion: Int? = nil) throws(Failure) -> Int {
        var concept = try existing(name)
        if let ifVersion, ifVersion != concept.current { throw .failedPrecondition }
        if let target {
            guard concept.contents[target] != nil else { throw .notFound }
            guard target != concept.current else { throw .failedPrecondition }
            if let place = concept.stack.lastIndex(of: target) {
                concept.stack.removeLast(concept.stack.count - place - 1)
            } else {
                concept.stack.append(target)
            }
        } else {
            guard let place = concept.below else { throw .failedPrecondition }
            concept.stack.removeLast(concept.stack.count - place - 1)
        }
        concepts[name] = concept
        revision += 1
        return concept.current
    }

    mutating func promote(_ name: String, to target: Int, ifVersion: Int? = nil) throws(Failure) {
        var concept = try existing(name)
        if let ifVersion, ifVersion != concept.current { throw .failedPrecondition }
        guard concept.contents[target] != nil else { throw .notFound }
        guard target != concept.current else { throw .failedPrecondition }
        concept.stack.append(target)
        concepts[name] = concept
        revision += 1
    }

    mutating func alias(_ name: String, _ alias: String, to target: Int, ifVersion: Int? = nil) throws(Failure) {
        var concept = try existing(name)
        let before = concept.aliases[alias]
        if let ifVersion, ifVersion != (before?.version ?? 0) { throw .failedPrecondition }
        guard concept.contents[target] != nil else { throw .notFound }
        if before?.version == target { return }
        guard before?.isProtected != true else { throw .failedPrecondition }
        concept.aliases[alias] = Alias(version: target)
        concepts[name] = concept
        revision += 1
    }

    mutating func unalias(_ name: String, _ alias: String) throws(Failure) {
        var concept = try existing(name)
        guard let before = concept.aliases[alias] else { throw .notFound }
        guard !before.isProtected else { throw .failedPrecondition }
        concept.aliases[alias] = nil
        concepts[name] = concept
        revision += 1
    }

    mutating func protect(_ name: String, _ alias: String, _ isProtected: Bool) throws(Failure) {
        var concept = try existing(name)
        guard let before = concept.aliases[alias] else { throw .notFound }
        guard before.isProtected != isProtected else { return }
        concept.aliases[alias]?.isProtected = isProtected
        concepts[name] = concept
        revision += 1
    }

    mutating func keep(_ name: String, last: Int?) throws(Failure) {
        var concept = try existing(name)
        concept.keepLast = last
        concept.prune()
        concepts[name] = concept
        revision += 1
    }

    mutating func rename(_ name: String, to new: String) throws(Failure) {
        let concept = try existing(name)
        guard name != new else { return }
        guard concepts[new] == nil else { throw .alreadyExists }
        concepts[name] = nil
        concepts[new] = concept
        revision += 1
    }

    mutating func delete(_ name: String) throws(Failure) {
        let concept = try existing(name)
        guard !concept.aliases.values.contains(where: \.isProtected) else { throw .failedPrecondition }
        concepts[name] = nil
        deleted[name, default: []].append(concept)
        revision += 1
    }

    @discardableResult
    mutating func erase(_ name: String) throws(Failure) -> Int {
        if let concept = concepts[name], concept.aliases.values.contains(where: \.isProtected) {
            throw .failedPrecondition
        }
        let count = (concepts[name] == nil ? 0 : 1) + (deleted[name]?.count ?? 0)
        guard count > 0 else { throw .notFound }
        concepts[name] = nil
        deleted[name] = nil
        revision += count
        return count
    }

    mutating func share(_ name: String, with user: String) throws(Failure) {
        guard try !existing(name).sharedWith.contains(user) else { return }
        concepts[name]?.sharedWith.insert(user)
        revision += 1
    }

    mutating func unshare(_ name: String, with user: String) throws(Failure) {
        guard try existing(name).sharedWith.contains(user) else { throw .notFound }
        concepts[name]?.sharedWith.remove(user)
        revision += 1
    }

    mutating func undelete(_ name: String) throws(Failure) {
        guard let concept = deleted[name]?.last else { throw .notFound }
        guard concepts[name] == nil else { throw .alreadyExists }
        deleted[name]?.removeLast()
        concepts[name] = concept
        revision += 1
    }

    private func existing(_ name: String) throws(Failure) -> Concept {
        guard let concept = concepts[name] else { throw .notFound }
        return concept
    }
}
