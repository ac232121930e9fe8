internal import LocalFiles

extension ModelCache {
    /// Takes a model away with all its revisions, or one revision of it with what no other one has. Returns the bytes
    /// that were freed. Throws `notFound`, and `busy` while somebody fetches the model.
    package func remove(_ id: ModelID, allRevisions: Bool) throws(HubError) -> Int {
        let layout = layout(id)
        guard let before = try model(id) else { throw absent(id) }
        for name in try CacheFiles.names(in: layout.locks) where CacheLock.isHeld(layout.locks.appending(name)) {
            throw HubError(.busy, "\(id.repository) is being fetched; wait for its end, or end it, and try again")
        }
        if allRevisions {
            try CacheFiles.remove(layout.folder)
            try CacheFiles.remove(layout.locks)
            return before.bytes
        }
        guard let commit = commit(of: id) else { throw absent(id) }
        for (revision, named) in try revisions(layout) where named == commit {
            try CacheFiles.remove(layout.ref(revision))
        }
        try CacheFiles.remove(layout.snapshot(commit))
        let needed = try blobsInUse(layout)
        for name in try CacheFiles.names(in: layout.blobs) where !needed.contains(name.text) {
            try CacheFiles.remove(layout.blobs.appending(name))
        }
        guard let after = try model(id), !after.snapshots.isEmpty else {
            try CacheFiles.remove(layout.folder)
            try CacheFiles.remove(layout.locks)
            return before.bytes
        }
        return before.bytes - after.bytes
    }

    func absent(_ id: ModelID) -> HubError {
        HubError(.notFound, "\(id) is not in \(root.shown); see `myvlmd model list`")
    }

    /// Names of the blobs that snapshots lead to.
    private func blobsInUse(_ layout: CacheLayout) throws(HubError) -> Set<String> {
        var names: Set<String> = []
        for path in try Self.files(in: layout.snapshots) {
            if let target = CacheFiles.linked(layout.snapshots.appending(path)) {
                names.insert(LocalPath(target).name.text)
            }
        }
        return names
    }
}
