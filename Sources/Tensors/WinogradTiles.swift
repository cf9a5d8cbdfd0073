import Kernels

/// A 3×3 convolution with stride 1 that keeps the size, as Winograd's algorithm sees it.
///
/// With a dilation of d the map falls into d² interleaved sub-grids, each a convolution without dilation.
struct WinogradTiles {
  let batch: Int
  let height: Int
  let width: Int
  let dilation: Int

  /// Neighbouring tiles that are worked on together: of one sub-grid, in one image or several.
  struct Block {
    /// Offset of the sub-grid's first pixel, the first image's, in a map of one channel.
    let offset: Int
    let firstImage: Int
    let plane: Plane
    let tiles: TileRange
    /// Position of the first tile among those of its group, in whole registers.
    var first: Int

    /// One channel of maps whose images are `imageStride` floats apart.
    func plane(imageStride: Int) -> Plane {
      var plane = plane
      plane.imageStride = imageStride
      return plane
    }
  }

  /// Blocks of at most `most` tiles (or one row of them), so many that `parts` workers get equal shares.
  func blocks(most: Int, parts: Int) -> [Block] {
    var blocks: [Block] = []
    var first = 0
    // Sub-grids and images are shares already.
    let parts = parts / greatestCommonDivisor(parts, batch * min(dilation, height) * min(dilation, width))
    func add(_ offset: Int, _ image: Int, _ plane: Plane, _ tiles: TileRange) {
      blocks.append(Block(offset: offset, firstImage: image, plane: plane, tiles: tiles, first: first))
      first += tiles.paddedCount
    }
    for y in 0..<min(dilation, height) {
      for x in 0..<min(dilation, width) {
        let plane = Plane(
          rows: (height - y + dilation - 1) / dilation, columns: (width - x + dilation - 1) / dilation,
          rowStride: width * dilation, columnStride: dilation, imageStride: 0)
        let (rows, columns) = ((plane.rows + 3) / 4, (plane.columns + 3) / 4)
        let offset = y * width + x
        if rows * columns * 2 <= most {
          for image in WinogradTiles.ranges(batch, most: most / (rows * columns), parts: 1) {
            add(
              offset, image.lowerBound, plane,
              TileRange(images: image.count, firstRow: 0, rows: rows, firstColumn: 0, columns: columns))
          }
          continue
        }
        for image in 0..<batch {
          for row in WinogradTiles.ranges(rows, most: max(1, most / columns), parts: parts) {
            for column in WinogradTiles.ranges(columns, most: most, parts: 1) {
              add(
                offset, image, plane,
                TileRange(
                  images: 1, firstRow: row.lowerBound, rows: row.count, firstColumn: column.lowerBound,
                  columns: column.count))
            }
          }
        }
      }
    }
    return blocks
  }

  private func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int { b == 0 ? a : greatestCommonDivisor(b, a % b) }

  /// Blocks in groups of about `kept` tiles, numbered from the start of each group.
  func groups(most: Int, kept: Int) -> [[Block]] {
    var groups: [[Block]] = [[]]
    var first = 0
    for var block in blocks(most: most, parts: 1) {
      if first > 0 && first + block.tiles.paddedCount > kept {
        groups.append([])
        first = 0
      }
      block.first = first
      first += block.tiles.paddedCount
      groups[groups.count - 1].append(block)
    }
    return groups
  }

  /// `0..<count` in equal ranges of at most `most`, a multiple of `parts` of them where there are enough.
  static func ranges(_ count: Int, most: Int, parts: Int) -> [Range<Int>] {
    var pieces = (count + most - 1) / most
    pieces = min(count, (pieces + parts - 1) / parts * parts)
    return (0..<pieces).map { count * $0 / pieces..<count * ($0 + 1) / pieces }
  }

  /// Tiles of all blocks if each sub-grid's were padded to whole registers: about what there is to do.
  var count: Int { batch * dilation * dilation * ((height / dilation + 3) / 4) * ((width / dilation + 3) / 4) }
}
