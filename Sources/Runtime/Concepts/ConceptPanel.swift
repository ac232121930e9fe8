import Foundations
import VLM

/// A user's concepts packed for one look: all object heads are one matrix, all face keys another. Immutable.
struct ConceptPanel: Sendable {
    struct Member: Sendable {
        let name: String
        let version: Int
        /// Of the artifact.
        let digest: String
        let concept: ResidentConcept
    }

    /// In the order of names.
    let members: [Member]
    /// Members that are objects and members that are persons, ascending.
    private let objects: [Int]
    private let persons: [Int]
    private var contest: ObjectContest
    private var gallery: FaceGallery

    init(members: [Member], space: FeatureSpace) {
        var objects: [Int] = []
        var contestants: [ObjectContest.Contestant] = []
        var persons: [Int] = []
        var heads: [PersonHead] = []
        for (index, member) in members.enumerated() {
            switch member.concept.head {
            case .object(let head):
                objects.append(index)
                contestants.append(
                    ObjectContest.Contestant(
                        head: head, threshold: member.concept.manifest.threshold,
                        directions: member.concept.directions, dual: member.concept.dual))
            case .person(let head):
                persons.append(index)
                heads.append(head)
            }
        }
        self.members = members
        self.objects = objects
        self.persons = persons
        contest = ObjectContest(contestants: contestants, space: space)
        gallery = FaceGallery(
            heads: heads, thresholds: persons.map { members[$0].concept.manifest.threshold })
    }

    /// Whether anybody has to be looked for by face.
    var hasPersons: Bool { !persons.isEmpty }

    /// Whether any object has to be looked for.
    var hasObjects: Bool { !objects.isEmpty }

    /// Zeroes the packed matrices where nobody else holds them; the members are wiped where they are kept.
    mutating func wipe() {
        contest.wipe()
        gallery.wipe()
    }

    /// Bytes of the packed matrices; the concepts themselves are counted where they are kept.
    var bytes: Int { contest.bytes + gallery.bytes }

    /// All recognitions, in the order of members. Objects contest the parts of the grid; faces are matched with persons
    /// one to one.
    func recognitions(
        features: ImageFeatures, closeUps: [[Float]], faces: [Face], gridColumns: Int
    ) -> [Recognition] {
        var recognitions = [Recognition?](repeating: nil, count: members.count)
        let decisions = contest.decisions(features: features, columns: gridColumns, closeUps: closeUps)
        for (index, decision) in zip(objects, decisions) {
            recognitions[index] = recognition(
                members[index], score: decision.score, fired: decision.fired, boxes: [], heat: decision.heat,
                columns: gridColumns)
        }
        for (index, match) in zip(persons, gallery.matches(faces.map(\.descriptor))) {
            recognitions[index] = recognition(
                members[index], score: match.distance, fired: match.face != nil,
                boxes: match.face.map { [faces[$0].box] } ?? [], heat: [], columns: 0)
        }
        return recognitions.compactMap { $0 }
    }

    private func recognition(
        _ member: Member, score: Float, fired: Bool, boxes: [PictureBox], heat: [Float], columns: Int
    ) -> Recognition {
        let manifest = member.concept.manifest
        return Recognition(
            concept: member.name, version: member.version, identifier: manifest.identifier, kind: manifest.kind,
            score: score, threshold: manifest.threshold, fired: fired, boxes: boxes, heat: heat, heatColumns: columns)
    }
}
