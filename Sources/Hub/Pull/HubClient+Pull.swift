package import LocalFiles

extension HubClient {
    /// Fetches what a plan lacks, and returns the folder of the revision. Throws `HubError`; what has come stays for
    /// the next time.
    package func pull(_ plan: PullPlan) throws(HubError) -> LocalPath {
        let layout = cache.layout(plan.id)
        var done = 0
        for entry in plan.files {
            let file = entry.file
            let before = done
            try fetch(file, plan, layout) { count in self.tell(.advanced(bytes: before + max(0, count - entry.held))) }
            done += file.size - entry.held
            try CacheFiles.link(
                layout.pointer(plan.commit, file.path), to: CacheLayout.target(of: file.path, file.digest))
        }
        if !plan.isCustom {
            let missing = try ModelCache.missing(in: plan.folder).filter { $0.hasSuffix(".safetensors") }
            guard missing.isEmpty else {
                throw HubError(
                    .notFound,
                    "\(plan.id) names weights that it does not have: "
                        + "\(missing.prefix(3).joined(separator: ", ").shownShort); "
                        + "look for another revision")
            }
        }
        // Last: whoever asks for the branch gets a whole model, the one before until now.
        if !plan.id.isCommit { try CacheFiles.write(plan.commit, to: layout.ref(plan.id.revision)) }
        return plan.folder
    }

    /// The folder of a model: what the cache has of it, else what is fetched now. Throws `notFound` where nothing may
    /// be fetched.
    /// - Parameter planned: sees what will be fetched, and may throw to leave it.
    package func folder(
        of id: ModelID, offline: Bool, planned: (PullPlan) throws(HubError) -> Void
    ) throws(HubError) -> LocalPath {
        if let folder = try cache.folder(of: id) { return folder }
        guard !offline, !settings.isOffline else {
            throw HubError(
                .notFound,
                "\(id) is not in \(cache.root.shown), or not whole, and nothing is fetched offline; "
                    + "run `myvlmd model pull \(id)` first"
            )
        }
        let plan = try plan(id)
        try planned(plan)
        return try pull(plan)
    }

    private func fetch(
        _ file: RepositoryFile, _ plan: PullPlan, _ layout: CacheLayout, advanced: (Int) -> Void
    ) throws(HubError) {
        let blob = layout.blob(file.digest)
        if FileStatus(blob)?.size == file.size { return advanced(file.size) }
        let lock = try CacheLock(layout.lock(file.digest), isCancelled: settings.transport.isCancelled) {
            tell(.elsewhere(path: file.path))
        }
        // Held until the end of this function, and of no use before.
        try withExtendedLifetime(lock) { () throws(HubError) in
            // Somebody else may have fetched it while this one waited.
            if FileStatus(blob)?.size == file.size { return advanced(file.size) }
            try complete(file, plan, layout, advanced: advanced)
        }
    }

    private func complete(
        _ file: RepositoryFile, _ plan: PullPlan, _ layout: CacheLayout, advanced: (Int) -> Void
    ) throws(HubError) {
        let draft = try BlobDraft(layout.unfinished(file.digest), file.digest, size: file.size)
        // What an earlier run left may be what is wrong: it gets one more chance from its beginning.
        var isOld = draft.count > 0
        while true {
            tell(.began(path: file.path, size: file.size, from: draft.count))
            if draft.count < file.size {
                try patiently("\(file.path) of \(plan.id)", progress: { draft.count }) {
                    try attempt(file, draft, plan.id, plan.commit) { advanced(draft.count) }
                }
            }
            if draft.isRight() { break }
            guard isOld else {
                draft.discard()
                throw HubError(
                    .badData,
                    "\(file.path) of \(plan.id) is not what the hub lists: its digest is another; "
                        + "what came was thrown away, try again"
                )
            }
            isOld = false
            try draft.restart()
        }
        try draft.finish(as: layout.blob(file.digest))
        advanced(file.size)
    }
}
