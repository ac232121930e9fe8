import Compute
import VLM

/// A user's concepts, loaded: what one request works with from its admission to its last token. Immutable.
struct ConceptSet: Sendable {
    struct Member: Sendable {
        let entry: ConceptEntry
        let artifact: ConceptArtifact
    }

    let revision: Int64
    let digest: String
    /// In the order of names.
    let members: [Member]

    /// Whether anybody has to be looked for by face.
    var hasPersons: Bool {
        members.contains { $0.artifact.manifest.kind == .person }
    }

    /// All recognitions, in the order of members. Objects contest the parts of the grid; faces are matched
    /// with persons one to one.
    func recognitions(features: ImageFeatures, faces: [Face], space: FeatureSpace, gridColumns: Int) -> [Recognition] {
        let norm = space.direction(of: features.pooled).norm
        var objects: [Int: ObjectHead] = [:]
        var persons: [Int: PersonHead] = [:]
        for (index, member) in members.enumerated() {
            switch member.artifact.head {
            case .object(let head): objects[index] = head
            case .person(let head): persons[index] = head
            }
        }
        let verdicts = contest(among: objects, features: features, space: space, gridColumns: gridColumns)
        let people = persons.keys.sorted()
        // [person][face]
        let distances = people.map { index in
            faces.map { persons[index]?.distance(to: $0.descriptor) ?? .infinity }
        }
        let matched = FaceMatching.oneToOne(
            distances: distances, thresholds: people.map { members[$0].artifact.manifest.threshold })
        return members.enumerated().map { index, member in
            if let head = objects[index], let verdict = verdicts[index] {
                return recognition(
                    member, score: verdict.score, fired: verdict.fired, boxes: [],
                    heat: head.heat(map: features.map, space: space, norm: norm), columns: gridColumns)
            }
            let place = people.firstIndex(of: index)
            let face = place.flatMap { matched[$0] }
            let nearest = place.flatMap { distances[$0].min() } ?? .infinity
            return recognition(
                member, score: face.flatMap { face in place.map { distances[$0][face] } } ?? nearest,
                fired: face != nil, boxes: face.map { [faces[$0].box] } ?? [], heat: [], columns: 0)
        }
    }

    private func contest(
        among objects: [Int: ObjectHead], features: ImageFeatures, space: FeatureSpace, gridColumns: Int
    ) -> [Int: ObjectContest.Verdict] {
        let order = objects.keys.sorted()
        let contestants = order.compactMap { index in
            objects[index].map { head in
                ObjectContest.Contestant(
                    head: head, threshold: members[index].artifact.manifest.threshold,
                    enrolled: members[index].artifact.enrolledFeatures)
            }
        }
        let verdicts = ObjectContest(contestants: contestants, space: space)
            .verdicts(features: features, columns: gridColumns)
        return Dictionary(uniqueKeysWithValues: zip(order, verdicts))
    }

    private func recognition(
        _ member: Member, score: Float, fired: Bool, boxes: [FaceBox], heat: [Float], columns: Int
    ) -> Recognition {
        let manifest = member.artifact.manifest
        return Recognition(
            concept: member.entry.name, version: member.entry.version, identifier: manifest.identifier,
            kind: manifest.kind, score: score, threshold: manifest.threshold, fired: fired, boxes: boxes, heat: heat,
            heatColumns: columns)
    }

    /// Indices of the fired members an answer is made with, in the order of names: all of them up to `limit`, beyond
    /// it those that are surest.
    static func chosen(_ recognitions: [Recognition], limit: Int) -> [Int] {
        let fired = recognitions.indices.filter { recognitions[$0].fired }
        guard fired.count > limit else { return fired }
        let sure = fired.sorted { (margin(recognitions[$0]), $1) > (margin(recognitions[$1]), $0) }
        return sure.prefix(limit).sorted()
    }

    /// How far into its firing range a score lies, 0...1.
    private static func margin(_ recognition: Recognition) -> Float {
        switch recognition.kind {
        case .object: (recognition.score - recognition.threshold) / max(1 - recognition.threshold, 1e-6)
        case .person: (recognition.threshold - recognition.score) / recognition.threshold
        }
    }
}
