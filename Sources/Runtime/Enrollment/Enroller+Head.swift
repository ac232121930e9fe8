import Compute
import Foundations
import VLM

/// A head with what is known about it.
struct TrainedHead: Sendable {
    let head: ConceptHead
    let threshold: Float
    let enrolledFeatures: Matrix
    let negatives: Int
    let heldOutRecall: Double?
    let heldOutFalsePositives: Double?
}

extension Enroller {
    /// Views of each photo a head is trained on, the photo itself and its mirror image included.
    static let headViews = 6

    func trainHead(
        _ request: EnrollmentRequest, photos: [CheckedPhoto], note: @Sendable (String) -> Void
    ) async throws -> TrainedHead {
        guard request.kind == .object else {
            let descriptors = photos.compactMap { $0.face?.descriptor }
            let keys = Matrix(rows: descriptors.count, columns: 128, values: descriptors.flatMap { $0 })
            return TrainedHead(
                head: .person(PersonHead(keys: keys)), threshold: PersonHead.threshold,
                enrolledFeatures: matrix(photos.map(\.features.pooled)), negatives: 0, heldOutRecall: nil,
                heldOutFalsePositives: nil)
        }
        var views: [[[Double]]] = []
        var enrolled: [[Float]] = []
        var generator = SplitMix64(seed: request.seed ^ 0x6865_6164)
        for photo in photos {
            var directions = [direction(photo.features.pooled)]
            var sum = photo.features.pooled
            for view in 1..<Self.headViews {
                let (features, next) = try await compute.run(.training) { [model, generator] in
                    var generator = generator
                    let source = photo.viewSource
                    let image =
                        view == 1 ? PictureViews.mirrored(source) : PictureViews.forHead(source, using: &generator)
                    return (try model.features(of: image), generator)
                }
                generator = next
                directions.append(direction(features.pooled))
                for (index, value) in features.pooled.enumerated() { sum[index] += value }
            }
            views.append(directions)
            // What the thing is told from look-alikes by: its views' mean keeps less of where in the photo it stood.
            enrolled.append(sum.map { $0 / Float(Self.headViews) })
        }
        var others: [[Double]] = []
        for bytes in request.otherConcepts {
            do {
                others += space.directions(
                    of: try ConceptArtifact(inspecting: bytes, for: model.identity).enrolledFeatures)
            } catch let error as RuntimeError {
                // Features of another model say nothing here, and a version that no answer can use is none to be told
                // from; it has to be enrolled again anyway.
                note("another concept is left out of the training: \(error.message)")
            }
        }
        guard everyday.count + others.count >= NegativeFeatures.least else {
            throw RuntimeError(
                .invalidArgument,
                "\(model.identity.name) has no bank of negatives, and the photos of the user's other things are only "
                    + "\(others.count) of the \(NegativeFeatures.least) pictures a head is trained against: have the server's "
                    + "operator run `myvlmd bank` for this model, or enroll other things first")
        }
        // Without a bank the user's other things are all there is.
        let everydayRows = everyday.isEmpty ? others : everyday
        let hard = everyday.isEmpty ? [] : others
        let result = try await compute.run(.training) { [views] in
            ObjectHeadTrainer.train(photos: views, negatives: everydayRows, hard: hard)
        }
        return TrainedHead(
            head: .object(result.head), threshold: ObjectHead.threshold, enrolledFeatures: matrix(enrolled),
            negatives: everydayRows.count + hard.count, heldOutRecall: result.heldOutRecall,
            heldOutFalsePositives: result.heldOutFalsePositives)
    }

    private func matrix(_ features: [[Float]]) -> Matrix {
        Matrix(rows: features.count, columns: model.identity.featureSize, values: features.flatMap { $0 })
    }

    private func direction(_ pooled: [Float]) -> [Double] {
        space.direction(of: pooled).unit.map(Double.init)
    }
}
