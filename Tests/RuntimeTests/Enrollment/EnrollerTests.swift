import Compute
import Foundation
import Foundations
import Rules
import Runtime
import Testing
import VLM
import VLMTestSupport
import WaitingTestSupport

@Suite(.timeLimit(.minutes(10))) struct EnrollerTests {
    @Test func sameSeedGivesTheSameBytes() async throws {
        let house = try TinyHouse()
        let first = try await house.enroll(1_000_001)
        let second = try await house.enroll(1_000_001)
        #expect(first.artifact == second.artifact)
        #expect(first.digest == second.digest)
        let other = try await house.enroll(1_000_001, seed: 43)
        #expect(other.digest != first.digest)
        #expect(first.sentences.allSatisfy { TextRules.occurrences(of: "Zibo", in: $0) == 1 })
    }

    @Test func progressComesInOrder() async throws {
        let house = try TinyHouse()
        let events = Locked<[EnrollmentProgress]>([])
        let concept = try await house.enroll(1_000_002) { event in events.withLock { $0.append(event) } }
        let stages = events.value.compactMap { event -> EnrollmentStage? in
            if case .stage(let stage) = event { stage } else { nil }
        }
        #expect(stages == [.checkingPhotos, .trainingHead, .preparingCaptions, .trainingEmbedding])
        let steps = events.value.compactMap { event -> TrainingStep? in
            if case .step(let step) = event { step } else { nil }
        }
        let last = steps.last?.step ?? 0
        #expect(steps.map(\.step) == Array(1...last))
        #expect(last == 8 || last == 4, "a training may end early, but at a checkpoint")
        #expect(concept.manifest.training.finalCrossEntropy < concept.manifest.training.initialCrossEntropy)
    }

    /// Of which half the views are mirror images: the mean of their features lies nearer to those of the mirror image
    /// than the photo's own do.
    @Test func aThingIsKnownByTheMeanOfItsViews() async throws {
        let house = try TinyHouse()
        let pixels = (0..<120 * 90).flatMap { pixel -> [UInt8] in
            let across = pixel % 120
            return [UInt8(across * 2), UInt8(pixel / 120), UInt8(200 - across)]
        }
        let picture = RGBImage(width: 120, height: 90, pixels: pixels)
        let photo = EnrollmentPhoto(name: "ramp.png", bytes: try picture.encodedPNG())
        let concept = try await house.vlm.enroller.enroll(
            EnrollmentRequest(kind: .object, identifier: "Zibo", photos: [photo])
        ) { _ in }
        let known = try ConceptArtifact(decoding: concept.artifact).enrolledFeatures
        try #require(known.rows == 1)
        let own: [Float] = try house.vlm.model.features(of: picture).pooled
        let mirrored: [Float] = try house.vlm.model.features(of: PictureViews.mirrored(picture)).pooled
        func distance(_ feature: [Float]) -> Float {
            feature.indices.reduce(0) { sum, index in
                let difference = feature[index] - mirrored[index]
                return sum + difference * difference
            }
        }
        #expect(distance(own) > 0)
        #expect(distance(Array(known.row(0))) < distance(own))
    }

    @Test func badPhotosAreNamed() async throws {
        let house = try TinyHouse()
        let good = try TinyHouse.photos(of: 1_000_003)
        let small = EnrollmentPhoto(name: "small.png", bytes: try TinyPicture.picture(of: 1).encodedPNG())
        let broken = EnrollmentPhoto(name: "broken.jpg", bytes: [0xFF, 0xD8, 0xFF, 0, 1, 2])
        let twice = EnrollmentPhoto(name: "twice.png", bytes: good[0].bytes)
        let cases: [([EnrollmentPhoto], String)] = [
            ([], "at least one"), (Array(repeating: good[0], count: 21), "20 photos at most"),
            (good + [small], "small.png"), (good + [broken], "broken.jpg"), (good + [twice], "twice.png"),
        ]
        for (photos, part) in cases {
            await #expect {
                try await house.vlm.enroller.enroll(
                    EnrollmentRequest(kind: .object, identifier: "Zibo", photos: photos)
                ) { _ in }
            } throws: { error in
                guard let error = error as? RuntimeError else { return false }
                return error.code == .invalidArgument && error.message.contains(part)
            }
        }
    }

    /// A photo with edges among smooth ones makes the smooth ones blurred; another thing among three is odd.
    @Test func photosThatDoNotHelpAreLeftOutWithANote() async throws {
        let house = try TinyHouse()
        func notes(_ photos: [EnrollmentPhoto]) async throws -> (notes: [String], manifest: ArtifactManifest) {
            let notes = Locked<[String]>([])
            let concept = try await house.vlm.enroller.enroll(
                EnrollmentRequest(kind: nil, identifier: "Zibo", photos: photos)
            ) { event in
                if case .note(let text) = event { notes.withLock { $0.append(text) } }
            }
            return (notes.value, concept.manifest)
        }
        // Ramps from left to right and from top to bottom have no edge.
        let smooth = try [true, false].map { across in
            let pixels = (0..<120 * 90).flatMap { pixel -> [UInt8] in
                let place = across ? pixel % 120 : pixel / 120
                return [UInt8(60 + place), UInt8(across ? 40 : 180), UInt8(200 - place)]
            }
            return EnrollmentPhoto(
                name: across ? "across.png" : "down.png",
                bytes: try RGBImage(width: 120, height: 90, pixels: pixels).encodedPNG())
        }
        let striped = RGBImage(
            width: 120, height: 90, pixels: (0..<120 * 90 * 3).map { $0 / 3 % 120 / 8 % 2 == 0 ? 20 : 230 })
        let sharp = EnrollmentPhoto(name: "sharp.png", bytes: try striped.encodedPNG())
        let seen = try await notes(smooth + [sharp])
        #expect(seen.notes.contains { $0.contains("across.png is blurred and was left out") })
        #expect(!seen.notes.contains { $0.contains("sharp.png") })
        #expect(seen.manifest.photos == 1 && seen.manifest.kind == .object)
        #expect(seen.notes.contains { $0.contains("its class is taken to be \"\(seen.manifest.classNoun)\"") })
        let alone = try await notes(smooth)
        #expect(alone.notes.contains { $0.contains("down.png is blurred: a sharper photo") })
        #expect(alone.manifest.photos == 2)
    }

    @Test func questionsAreLearnedTheSameWayEveryTime() async throws {
        let house = try TinyHouse()
        func enrolled(_ task: EnrollmentTask, augments: Bool = true) async throws -> EnrolledConcept {
            try await house.vlm.enroller.enroll(
                EnrollmentRequest(
                    kind: .object, identifier: "Zibo", classNoun: "cup", photos: try TinyHouse.photos(of: 1_000_006),
                    task: task, augments: augments)
            ) { _ in }
        }
        let first = try await enrolled(.vqa)
        #expect(try await enrolled(.vqa).artifact == first.artifact)
        let asked = first.sentences.filter { $0.contains("What color is Zibo?") }
        #expect(!asked.isEmpty, "the frozen model was asked about each photo")
        #expect(first.manifest.training.task == .vqa)
        let captions = try await enrolled(.caption)
        #expect(captions.digest != first.digest && !captions.sentences.contains { $0.contains("?") })
        let plain = try await enrolled(.caption, augments: false)
        #expect(plain.manifest.training.augments == false && plain.digest != captions.digest)
        #expect(plain.manifest.training.views < captions.manifest.training.views)
    }

    @Test func checkpointsSayWhatTheModelSaysNow() async throws {
        let house = try TinyHouse()
        let samples = Locked<[Int]>([])
        _ = try await house.enroll(1_000_007) { event in
            if case .step(let step) = event, step.sample != nil { samples.withLock { $0.append(step.step) } }
        }
        #expect(samples.value.first == 4)
    }

    @Test func personsNeedFaceModels() async throws {
        let house = try TinyHouse()
        await #expect {
            try await house.vlm.enroller.enroll(
                EnrollmentRequest(kind: .person, identifier: "Anna", photos: try TinyHouse.photos(of: 1))
            ) { _ in }
        } throws: {
            ($0 as? RuntimeError)?.code == .unavailable
        }
    }

    @Test func cancellingEndsBetweenSteps() async throws {
        let house = try TinyHouse()
        let settings = ConceptTrainingDefaults(
            tokens: 2, steps: 1000, learningRate: 1, gradientClip: 0.05, weightDecay: 0, regularizerWeight: 0,
            checkpoints: [])
        let (steps, asked) = (Locked(0), Latch())
        let task = Task {
            try await house.vlm.enroller.enroll(
                EnrollmentRequest(
                    kind: .object, identifier: "Zibo", photos: try TinyHouse.photos(of: 1_000_004), training: settings)
            ) { event in
                // On the thread of the training: it takes no further step until its end was asked for.
                guard case .step(let step) = event else { return }
                steps.withLock { $0 = step.step }
                asked.wait()
            }
        }
        try await eventually("a step was taken") { steps.value > 0 }
        task.cancel()
        asked.open()
        await #expect { try await task.value } throws: { ($0 as? RuntimeError)?.code == .cancelled }
        #expect(steps.value < 1000)
    }

    @Test func startAndPromptsOfTheTrainingAreSettings() async throws {
        let house = try TinyHouse()
        func digest(norm: Float, plain: Float) async throws -> String {
            var settings = house.model.trainingDefaults
            settings.initialNorm = norm
            settings.plainPromptShare = plain
            let request = EnrollmentRequest(
                kind: .object, identifier: "Zibo", photos: try TinyHouse.photos(of: 1_000_005), training: settings)
            return try await house.vlm.enroller.enroll(request) { _ in }.digest
        }
        let digests = [
            try await digest(norm: 8, plain: 0), try await digest(norm: 240, plain: 0),
            try await digest(norm: 8, plain: 1),
        ]
        #expect(Set(digests).count == 3)
        for (norm, plain): (Float, Float) in [(0, 0), (.infinity, 0), (8, -0.1), (8, 1.1), (8, .nan)] {
            await #expect {
                try await digest(norm: norm, plain: plain)
            } throws: {
                ($0 as? RuntimeError)?.code == .invalidArgument
            }
        }
    }

    @Test func recordsOfBeforeReadAsWhatWasDoneThen() throws {
        let json = """
            {"checkpoints":[25],"gradientClip":0.05,"learningRate":1,"regularizerWeight":0,"steps":25,"tokens":4,
             "weightDecay":0}
            """
        let settings = try JSONDecoder().decode(ConceptTrainingDefaults.self, from: Data(json.utf8))
        #expect(settings.initialNorm == 8 && settings.plainPromptShare == 0)
        let again = try JSONDecoder().decode(
            ConceptTrainingDefaults.self, from: try JSONEncoder().encode(settings))
        #expect(again == settings)
    }

    /// Only the direction of a row reaches the model. Scales are powers of two, so that not even rounding differs.
    @Test func theScaleOfAnEmbeddingChangesNothing() throws {
        let model = try TinyVLM.make()
        let prefix = try model.prefix(for: try model.features(of: TinyPicture.picture(of: 1)))
        let prompt = try model.promptTokens(for: .caption(names: ["Zibo"]))
        var random = TestRandom(seed: 31)
        let values = random.floats(2 * model.identity.hiddenSize)
        func logits(_ scale: Float) throws -> [Float] {
            let rows = Matrix(rows: 2, columns: model.identity.hiddenSize, values: values.map { $0 * scale })
            return try model.begin(prefix: prefix, concepts: [rows], prompt: prompt, capacity: 1).logits
        }
        let one = try logits(1)
        for scale: Float in [0.125, 4, 1024] {
            for (a, b) in zip(try logits(scale), one) { #expect(abs(a - b) < 1e-4) }
        }
    }
}
