internal import Compute

/// Weights that a caption goes through, by the rows they are multiplied with.
package struct Blip2Work: Sendable {
    /// Of the vision tower, for each of its rows.
    package let towerWeights: Int
    /// Of the keys and values the Q-Former reads a picture by, for each of the tower's rows.
    package let pictureWeights: Int
    /// Of the Q-Former and the projection, for each query.
    package let readerWeights: Int
    /// Of the language model without its output matrix, for each row of a prompt.
    package let decoderWeights: Int
}

extension Blip2Model {
    /// What a caption costs, for floors of its time.
    package var work: Blip2Work {
        func count(_ maps: [BiasedLinear]) -> Int { maps.reduce(0) { $0 + $1.weight.outputs * $1.weight.inputs } }
        let decoder = (language as? OPTLanguage)?.stack ?? (language as? T5Language)?.encoder
        return Blip2Work(
            towerWeights: tower.stack.parameters, pictureWeights: count(qFormer.keyValue),
            readerWeights: qFormer.stack.parameters + count([qFormer.projection]),
            decoderWeights: decoder?.parameters ?? 0)
    }
}
