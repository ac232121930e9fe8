internal import Foundation

/// LLaVA-NeXT's "anyres": beside the whole picture its parts at a higher resolution.
///
/// Sizes and rounding as in transformers' `image_processing_llava_next` and `modeling_llava_next`.
package struct ImageTiling: Sendable, Equatable {
    /// Pixels that a side of a tiled picture may have.
    static let sides = 1...16384
    /// Tiles that a picture may have.
    static let mostTiles = 64

    /// Rows and columns of tiles.
    package let rows: Int
    package let columns: Int
    /// Pixels on a side of a tile.
    package let tile: Int
    /// Of the picture before any resize.
    package let width: Int
    package let height: Int

    /// The tiling of a picture: of the allowed sizes the one that keeps most of its pixels, and of equals the one that
    /// wastes least. Nil when none is allowed.
    package init?(width: Int, height: Int, pinpoints: [(height: Int, width: Int)], tile: Int) {
        var best: (height: Int, width: Int, effective: Int, wasted: Int)?
        for candidate in pinpoints {
            let scale = min(Double(candidate.width) / Double(width), Double(candidate.height) / Double(height))
            let area = Int(Double(width) * scale) * Int(Double(height) * scale)
            let effective = min(area, width * height)
            let wasted = candidate.width * candidate.height - effective
            if effective > best?.effective ?? 0
                || effective == best?.effective ?? 0 && wasted < best?.wasted ?? .max
            {
                best = (candidate.height, candidate.width, effective, wasted)
            }
        }
        guard let best, best.height >= tile, best.width >= tile else { return nil }
        rows = best.height / tile
        columns = best.width / tile
        self.tile = tile
        self.width = width
        self.height = height
    }

    /// The tiles of a picture, row by row: scaled to fit, black around it.
    package func tiles(of image: RGBImage, filter: ResampleFilter) -> [RGBImage] {
        let (fullWidth, fullHeight) = (columns * tile, rows * tile)
        let scaleX = Double(fullWidth) / Double(width)
        let scaleY = Double(fullHeight) / Double(height)
        let fitted: (width: Int, height: Int) =
            scaleX < scaleY
            ? (fullWidth, min(Int((Double(height) * scaleX).rounded(.up)), fullHeight))
            : (min(Int((Double(width) * scaleY).rounded(.up)), fullWidth), fullHeight)
        let full = image.resized(width: fitted.width, height: fitted.height, filter: filter)
            .framed(width: fullWidth, height: fullHeight, colour: [0, 0, 0])
        return (0..<rows * columns).map { index in
            full.cropped(x: index % columns * tile, y: index / columns * tile, width: tile, height: tile)
        }
    }

    /// The part of the joined token grid, `patches` a side for each tile, that shows the picture and not its black frame.
    package func shown(patches: Int) -> (top: Int, bottom: Int, left: Int, right: Int) {
        let (gridWidth, gridHeight) = (columns * patches, rows * patches)
        func whole(_ value: Double) -> Int { Int((value * 1e7).rounded(.toNearestOrEven) / 1e7) }
        if Double(width) / Double(height) > Double(gridWidth) / Double(gridHeight) {
            let kept = whole(Double(height) * (Double(gridWidth) / Double(width)))
            let padding = (gridHeight - kept) / 2
            return (padding, gridHeight - padding, 0, gridWidth)
        }
        let kept = whole(Double(width) * (Double(gridHeight) / Double(height)))
        let padding = (gridWidth - kept) / 2
        return (0, gridHeight, padding, gridWidth - padding)
    }
}
