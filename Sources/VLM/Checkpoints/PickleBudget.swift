/// What reading one file may cost. A few bytes of a pickle can stand for any amount of work or memory, so everything that
/// is done for it is counted, and nothing is done that does not count.
final class PickleBudget {
    /// Instructions: a state dict of 10,000 tensors needs about a million.
    private var instructions = 4_000_000
    /// Values that are kept, on the stack, in containers and by number.
    private var values = 4_000_000
    /// Values kept by number.
    private var remembered = 1_000_000
    /// Bytes of text, read and joined to names.
    private var text = 64 << 20
    private let file: String

    init(file: String) { self.file = file }

    /// One instruction; looks from time to time whether anybody still waits.
    func instruction() throws {
        instructions -= 1
        if instructions & 0xFFF == 0 { try Task.checkCancellation() }
        guard instructions > 0 else { throw exhausted("it has too many instructions") }
    }

    /// Some values that are kept.
    func keep(_ count: Int = 1) throws {
        values -= count
        guard values > 0 else { throw exhausted("it holds too many values") }
    }

    /// One value that is kept by its number.
    func remember() throws {
        remembered -= 1
        guard remembered > 0 else { throw exhausted("it holds too many values") }
    }

    /// Text.
    func spell(_ bytes: Int) throws {
        text -= bytes
        guard text > 0 else { throw exhausted("its names are too long") }
    }

    private func exhausted(_ what: String) -> VLMError {
        VLMError(
            .checkpointMalformed,
            "\(file) is no plain PyTorch state dict: \(what). Save only tensors, with torch.save of a dictionary")
    }
}
