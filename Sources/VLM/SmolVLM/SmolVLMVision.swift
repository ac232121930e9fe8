package import Compute

/// The vision side of SmolVLM: a SigLIP tower with its last norm, squares of patches joined to one row (pixel shuffle), one
/// linear map. Tiles, where there are some, stand before the whole picture, with the words between them that the
/// checkpoint was tuned with.
package struct SmolVLMVision: ConversationVision {
    package let pictures: SmolVLMPictures
    package let tower: VisionTower
    /// Patches on a side of a square that becomes one visual token.
    let scale: Int
    let connector: BiasedLinear  // [hidden, scale * scale * featureSize], no bias
    /// Nil where pictures are not tiled.
    let words: SmolVLMWords?

    package var featureSize: Int { tower.configuration.featureSize }
    package var isTiled: Bool { pictures.isTiled }
    private var side: Int { tower.configuration.side }
    /// Visual tokens of one view.
    private var viewTokens: Int { side / scale * (side / scale) }

    package var mostTokens: Int {
        guard let words else { return viewTokens }
        let lines = pictures.mostLines
        return viewTokens * (lines * lines + 1) + words.most(lines: lines)
    }

    package func pixels(of image: RGBImage) -> [[Float]] { pictures.cut(image).views.map { pictures.levels($0) } }

    package func features(of pixels: [Float]) -> Matrix {
        tower.finallyNormed(tower.hiddenStates(of: pixels, after: [tower.configuration.layers])[0])
    }

    package func seen(_ image: RGBImage) throws -> (map: Matrix, tokens: Matrix) {
        let cut = pictures.cut(image)
        var map = Matrix(rows: 0, columns: featureSize)
        let tokens = cut.views.map { view in
            // The whole comes last.
            map = features(of: pictures.levels(view))
            return connector(shuffled(map))
        }
        guard let words else { return (map, tokens[0]) }
        var values: [Float] = []
        for (index, tile) in tokens.enumerated() {
            values += try words.rows(before: index, of: cut).values + tile.values
        }
        return (map, Matrix(rows: values.count / tokens[0].columns, columns: tokens[0].columns, values: values))
    }

    /// The features of squares of patches joined, row by row of patches: `[viewTokens, scale * scale * featureSize]`.
    private func shuffled(_ features: Matrix) -> Matrix {
        let across = side / scale
        var values: [Float] = []
        values.reserveCapacity(features.values.count)
        for square in 0..<across * across {
            let (top, left) = (square / across * scale, square % across * scale)
            for patch in 0..<scale * scale {
                values += features.row((top + patch / scale) * side + left + patch % scale)
            }
        }
        return Matrix(rows: across * across, columns: scale * scale * features.columns, values: values)
    }

    /// The whole is squeezed into a square.
    package func area(width: Int, height: Int) -> PictureBox {
        tower.configuration.area(of: PictureBox(pictureOf: width, height))
    }

    /// What the whole picture's tokens get, each over the patches that it stands for: `[side * side]`, the same sum.
    package func spread(_ shares: [Float]) -> [Float] {
        let across = side / scale
        let whole = Array(shares.suffix(viewTokens))
        return (0..<side * side).map { patch in
            whole[patch / side / scale * across + patch % side / scale] / Float(scale * scale)
        }
    }
}

/// What stands between the tiles of a picture. What stands before the first is the prompt's.
struct SmolVLMWords: Sendable {
    /// Where their embeddings are.
    let model: LlamaModel
    /// Before each tile, by row and column, and before the whole.
    let places: [[[Int32]]]
    let whole: [Int32]
    /// The end of a row of tiles, and of the last one: line ends between special tokens are one text.
    let lineEnd: [Int32]
    let lastLineEnd: [Int32]

    /// Throws `checkpointMalformed` for a tokenizer without the special tokens of so many rows and columns of tiles.
    init(_ model: LlamaModel, tokenizer: any TextTokenizer, lines: Int, folder: String) throws {
        func special(_ names: [String]) throws -> [Int32] {
            try names.map { try SmolVLMPrompt.special($0, tokenizer, folder: folder) }
        }
        self.model = model
        places = try (1...lines).map { row in
            try (1...lines).map { try special([SmolVLMPrompt.around, SmolVLMPrompt.place(row: row, column: $0)]) }
        }
        whole = try special([SmolVLMPrompt.around, SmolVLMPrompt.whole])
        lineEnd = tokenizer.encode("\n", atStart: false)
        lastLineEnd = tokenizer.encode("\n\n", atStart: false)
    }

    /// All of them.
    var all: [Int32] { places.joined().flatMap { $0 } + whole + lineEnd + lastLineEnd }

    /// How many at most stand between the tiles of so many rows and columns.
    func most(lines: Int) -> Int {
        2 * lines * lines + lineEnd.count * lines + lastLineEnd.count
    }

    /// The embeddings of what stands before a view: tiles row by row, then the whole.
    func rows(before index: Int, of cut: SmolVLMPictures.Cut) throws -> Matrix {
        if index == cut.rows * cut.columns { return try model.embeddings(of: lastLineEnd + whole) }
        if index == 0 { return try model.embeddings(of: []) }
        let (row, column) = (index / cut.columns, index % cut.columns)
        return try model.embeddings(of: (column == 0 ? lineEnd : []) + places[row][column])
    }
}
