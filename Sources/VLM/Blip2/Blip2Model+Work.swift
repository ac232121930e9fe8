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
        func count(_ maps: [BiasedLinear?]) -> Int {
            maps.reduce(0) { $0 + ($1.map { $0.weight.outputs * $0.weight.inputs } ?? 0) }
        }
        func count(_ stack: TransformerStack) -> Int {
            stack.blocks.reduce(0) {
                $0 + count([$1.queryKeyValue, $1.output, $1.cross?.query, $1.cross?.output, $1.first, $1.second])
            }
        }
        let tower = tower.blocks.reduce(0) { $0 + count([$1.queryKeyValue, $1.output, $1.first, $1.second]) }
        let decoder = (language as? OPTLanguage)?.stack ?? (language as? T5Language)?.encoder
        return Blip2Work(
            towerWeights: tower, pictureWeights: count(qFormer.keyValue),
            readerWeights: count(qFormer.stack) + count([qFormer.projection]),
            decoderWeights: decoder.map { count($0) } ?? 0)
    }
}
