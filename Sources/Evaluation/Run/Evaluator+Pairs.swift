import Runtime
package import VLM

extension Evaluator {
    /// Every tested photo beside one of another thing: half way round the list, so that neighbours by name (dog2,
    /// dog3) do not always meet.
    func askAboutPairs(_ round: Int, _ runtime: EvaluationRuntime, user: User) async throws -> [PairRow] {
        var rows: [PairRow] = []
        for (index, thing) in things.enumerated() {
            let other = (index + max(1, things.count / 2)) % things.count
            let partners = tested(other, round)
            for (place, photo) in tested(index, round).enumerated() where !partners.isEmpty {
                let partner = partners[place % partners.count]
                let picture = Self.sideBySide(try self.picture(photo), try self.picture(partner))
                let said = try await runtime.caption(of: picture, for: user.name)
                let named = identifiers(in: said.end.text)
                rows.append(
                    PairRow(
                        round: round, things: [thing.name, things[other].name], photos: [photo.name, partner.name],
                        identifiers: [Identifiers.identifier(index), Identifiers.identifier(other)],
                        fired: said.end.recognitions.map(\.concept).sorted(), caption: said.end.text, named: named,
                        repeated: named.filter { name in
                            words(of: said.end.text).count { $0 == name.lowercased() } > 1
                        }))
            }
        }
        progress("\(prefix(round))asked about \(rows.count) pictures of two things")
        return rows
    }

    private func tested(_ index: Int, _ round: Int) -> [Thing.Photo] {
        things[index].photos(split.rounds[round].things[things[index].name]?.tested ?? [])
    }

    /// Two photos at the height of the lower one, left and right.
    package static func sideBySide(_ left: RGBImage, _ right: RGBImage) -> RGBImage {
        let height = min(left.height, right.height)
        let parts = [left, right].map { image in
            image.resized(
                width: max(1, (image.width * height + image.height / 2) / image.height), height: height)
        }
        var pixels: [UInt8] = []
        pixels.reserveCapacity(parts.reduce(0) { $0 + $1.pixels.count })
        for row in 0..<height {
            for part in parts { pixels += part.pixels[row * part.width * 3..<(row + 1) * part.width * 3] }
        }
        return RGBImage(width: parts.reduce(0) { $0 + $1.width }, height: height, pixels: pixels)
    }
}
