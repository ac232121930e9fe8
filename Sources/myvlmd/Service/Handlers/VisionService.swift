import RPC
import Rules
import Runtime
import VLM

/// The calls of `myvlm.v1.Vision`.
struct VisionService: Sendable {
    /// Bytes of one picture.
    static let maximumImageBytes = Bounds.photoBytes.upperBound

    let vision: PersonalizedVLM
    let runner: CallRunner

    func register(in services: inout Services) {
        let vision = vision
        let runner = runner
        // The picture, the question and some room for the frame.
        let options = MethodOptions(
            maximumRequestBytes: Self.maximumImageBytes + (64 << 10), unpackedBytes: Self.maximumImageBytes + (1 << 20))
        services.register(VisionMethods.caption, options: options) { request, writer, context in
            try await runner.run(context) {
                try request.check()
                let answer = try vision.answer(
                    user: UserKey(context.caller).text, image: request.image, task: .caption,
                    sampling: Runtime.Sampling(message: request.sampling), frozen: request.frozen)
                for try await event in answer { try await writer.write(AnswerMessage.event(event)) }
            }
        }
        services.register(VisionMethods.ask, options: options) { request, writer, context in
            try await runner.run(context) {
                try request.check()
                let answer = try vision.answer(
                    user: UserKey(context.caller).text, image: request.image, task: .question(request.question),
                    sampling: Runtime.Sampling(message: request.sampling), frozen: request.frozen)
                for try await event in answer { try await writer.write(AnswerMessage.event(event)) }
            }
        }
        services.register(VisionMethods.recognize, options: options) { request, context in
            try await runner.run(context) {
                try request.check()
                let report = try await vision.recognize(user: UserKey(context.caller).text, image: request.image)
                return AnswerMessage.reply(report)
            }
        }
    }
}
