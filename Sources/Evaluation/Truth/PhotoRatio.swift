/// How many of how many over photos, each of which has some of both.
package struct PhotoRatio: Sendable, Equatable {
    /// Those of one photo.
    package struct Share: Sendable, Equatable {
        let hits: Int
        let all: Int

        package init(hits: Int, all: Int) {
            self.hits = hits
            self.all = all
        }
    }

    /// Over all photos.
    package let hits: Int
    /// Over all photos.
    package let all: Int
    /// The standard error of the ratio, photos being drawn: deviations of a photo's hits from what the ratio expects of
    /// it, over the mean of `all` (Cochran, Sampling Techniques, 6.4). Nil of fewer than two photos and of nothing.
    package let error: Double?

    /// Over the shares of photos.
    package init(_ shares: [Share]) {
        let hits = shares.reduce(0) { $0 + $1.hits }
        let all = shares.reduce(0) { $0 + $1.all }
        self.hits = hits
        self.all = all
        let ratio = Double(hits) / Double(max(all, 1))
        error =
            all > 0
            ? standardError(shares.map { Double($0.hits) - ratio * Double($0.all) })
                .map { $0 * Double(shares.count) / Double(all) } : nil
    }

    /// 0...1; 0 of nothing.
    package var value: Double { Double(hits) / Double(max(all, 1)) }
}
