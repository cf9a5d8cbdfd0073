import Kernels

extension Convolution {
  /// The dilation of a convolution that Winograd's algorithm computes: 3×3, stride 1, padded to keep the size, and not too
  /// few channels; nil for others.
  var winogradDilation: Int? {
    guard rows.kernel == 3, columns.kernel == 3, rows.stride == 1, columns.stride == 1,
      rows.dilation == columns.dilation, rows.dilation <= 6, rows.padding == rows.dilation,
      columns.padding == columns.dilation, inputs >= 8, outputs >= 8
    else { return nil }
    return rows.dilation
  }

  func winogradTiles(_ dilation: Int) -> WinogradTiles {
    WinogradTiles(batch: batch, height: rows.size, width: columns.size, dilation: dilation)
  }
}

/// Maps that pass through a Winograd product: `source` `[N, C, H, W]` becomes `target` `[N, O, H, W]`.
///
/// With the weights' strides exchanged and taps reversed it computes the gradient of the input as well.
struct WinogradProduct {
  let kernels: any VectorKernels.Type
  let tiles: WinogradTiles
  let inputs: Int
  let outputs: Int
  /// Floats of `weights` from one output, and from one input, to the next.
  let outputStride: Int
  let inputStride: Int
  let backwards: Bool

  /// Tiles of a block: so many that their transforms and products stay in the second-level cache, where that holds enough
  /// of them for the products' sake. On a core with 2 MB, 96 channels at 64² run at 422 GF/s in blocks of 48, 321 of 96.
  private var blockTiles: Int {
    let fitting = Processor.cacheBytes * 2 / 3 / (4 * 36 * (inputs + outputs)) / 16 * 16
    // Half an image's tiles are worse than all of them.
    let image = (tiles.height / tiles.dilation + 3) / 4 * ((tiles.width / tiles.dilation + 3) / 4)
    if fitting >= 32 { return min(96, max(48, fitting, image <= 64 ? image : 0)) }
    // The more tiles, the less often very many weights pass by.
    return inputs * outputs > 100_000 ? 144 : 96
  }
  /// Floats of transformed weights that are kept at a time. Where there are more, inputs are transformed again for each part,
  /// 1 % of the work between 720 channels; the head of HRNet-W48 is where a step's memory is at its peak.
  private static let keptWeights = 10_000_000

  private var paddedOutputs: Int { (outputs + 15) / 16 * 16 }
  private var plane: Int { tiles.height * tiles.width }

  func run(
    _ source: Floats, _ maps: ChannelMaps?, _ weights: Floats, bias: Floats?, into target: MutableFloats
  ) throws {
    // Where the weights' transforms are more than all others, transformed inputs are kept whole and each panel of weights is
    // transformed where it is used.
    if inputs * outputs > tiles.count * (inputs + outputs), tiles.dilation == 1, tiles.count <= 256 {
      try runPanels(source, maps, weights, bias, target)
    } else {
      try runBlocks(source, maps, weights, bias, target)
    }
  }

  /// Columns of the products' right-hand side that lie side by side, so that products of 16 columns, the slowest, are few.
  private func panelWidth(_ tiles: Int) -> Int { tiles <= 32 ? tiles : tiles % 48 == 16 && tiles % 32 == 0 ? 32 : 48 }

  /// Tiles that a channel's transforms take up in whole panels.
  private func room(_ tiles: TileRange) -> Int {
    let width = panelWidth(tiles.paddedCount)
    return (tiles.paddedCount + width - 1) / width * width
  }

  private func transformInput(
    _ block: WinogradTiles.Block, _ channel: Int, _ source: Floats, _ maps: ChannelMaps?, into target: MutableFloats,
    frequencyStride: Int, scratch: MutableFloats
  ) {
    let width = panelWidth(block.tiles.paddedCount)
    kernels.winogradInput(
      source + ((block.firstImage * inputs + channel) * plane + block.offset),
      block.plane(imageStride: inputs * plane), maps?[channel] ?? .identity, block.tiles,
      into: target + channel * width, frequencyStride: frequencyStride,
      panelWidth: width, panelStride: inputs * width, scratch: scratch)
  }

  /// 16 outputs of one frequency: weights `[inputs, 16]` times tiles `[inputs, paddedCount]`.
  private func multiply(
    _ u: Floats, _ v: Floats, _ tiles: TileRange, into m: MutableFloats, pitch: Int
  ) {
    let (count, width) = (tiles.paddedCount, panelWidth(tiles.paddedCount))
    var first = 0
    while first < count {
      kernels.multiply(
        u, row: 1, depth: 16, v + first * inputs, depth: width, block: 16, into: m + first, row: pitch, count: inputs,
        columns: min(width, count - first), accumulates: false)
      first += width
    }
  }

  private func transformOutput(
    _ block: WinogradTiles.Block, _ channel: Int, _ m: Floats, frequencyStride: Int, _ bias: Floats?,
    into target: MutableFloats, scratch: MutableFloats
  ) {
    kernels.winogradOutput(
      m, frequencyStride: frequencyStride, block.tiles, bias: bias?[channel] ?? 0,
      into: target + ((block.firstImage * outputs + channel) * plane + block.offset),
      block.plane(imageStride: outputs * plane), scratch: scratch)
  }

  /// Many tiles: all weights are transformed, and then each thread takes blocks of tiles from input to output.
  private func runBlocks(
    _ source: Floats, _ maps: ChannelMaps?, _ weights: Floats, _ bias: Floats?, _ target: MutableFloats
  ) throws {
    let blocks = tiles.blocks(most: blockTiles, parts: Kernel.threads)
    let widest = blocks.map { $0.tiles.paddedCount }.max() ?? 0
    let scratch = blocks.map { Winograd.scratch($0.tiles) }.max() ?? 0
    let chunks = WinogradTiles.ranges(
      paddedOutputs / 16, most: max(1, WinogradProduct.keptWeights / (36 * 16 * inputs)), parts: 1)
    let panels = chunks.map(\.count).max() ?? 0
    // An odd number of cache lines more keeps the frequencies out of each other's way in the cache.
    let uStride = panels * inputs * 16 + 16
    let vStride = inputs * (blocks.map { room($0.tiles) }.max() ?? 0) + 16
    let mStride = panels * 16 * widest + 16
    let u = Buffer(byteCount: 36 * uStride * 4)
    let workspace = Workspace(bytesPerThread: (36 * (vStride + mStride) + scratch) * 4, pieces: blocks.count)
    let kept = u.bytes.assumingMemoryBound(to: Float.self)
    for chunk in chunks {
      try transformWeights(weights, chunk, into: kept, frequencyStride: uStride)
      try Kernel.parallel(blocks.count) { index in
        let block = blocks[index]
        workspace.borrow(as: Float.self) { v in
          let m = v + 36 * vStride
          let scratch = m + 36 * mStride
          for channel in 0..<inputs {
            transformInput(block, channel, source, maps, into: v, frequencyStride: vStride, scratch: scratch)
          }
          for f in 0..<36 {
            for panel in 0..<chunk.count {
              multiply(
                kept + (f * uStride + panel * inputs * 16), v + f * vStride, block.tiles,
                into: m + (f * mStride + panel * 16 * widest), pitch: widest)
            }
          }
          for channel in 16 * chunk.lowerBound..<min(outputs, 16 * chunk.upperBound) {
            transformOutput(
              block, channel, m + (channel - 16 * chunk.lowerBound) * widest, frequencyStride: mStride, bias,
              into: target, scratch: scratch)
          }
        }
      }
    }
    extendLifetime(u)
  }

  private func transformWeights(
    _ weights: Floats, _ panels: Range<Int>, into u: MutableFloats, frequencyStride: Int
  ) throws {
    // Several pieces per panel, so that few panels keep all threads busy.
    let parts = max(1, min(inputs / 16, 4 * Kernel.threads / panels.count))
    try Kernel.parallel(panels.count * parts) { piece in
      let (index, part) = piece.quotientAndRemainder(dividingBy: parts)
      let first = 16 * (panels.lowerBound + index)
      kernels.winogradWeights(
        weights + first * outputStride, outputs: min(16, outputs - first), outputStride: outputStride,
        inputs: inputs * part / parts..<inputs * (part + 1) / parts, inputStride: inputStride, backwards: backwards,
        into: u + index * inputs * 16, frequencyStride: frequencyStride)
    }
  }

  /// Few tiles: all inputs are transformed, and then each thread takes panels of 16 outputs from weights to output.
  private func runPanels(
    _ source: Floats, _ maps: ChannelMaps?, _ weights: Floats, _ bias: Floats?, _ target: MutableFloats
  ) throws {
    let blocks = tiles.blocks(most: 256, parts: 1)
    let total = blocks.reduce(0) { $0 + $1.tiles.paddedCount }
    let scratch = blocks.map { Winograd.scratch($0.tiles) }.max() ?? 0
    // Where each block's transforms begin.
    let places = blocks.reduce(into: [0]) { $0.append($0.last! + inputs * room($1.tiles)) }
    let vStride = places.last! + 16
    let (uStride, mStride) = (inputs * 16 + 16, 16 * total + 16)
    let v = Buffer(byteCount: 36 * vStride * 4)
    let pieces = paddedOutputs / 16
    let workspace = Workspace(
      bytesPerThread: (36 * (uStride + mStride) + scratch) * 4, pieces: max(pieces, inputs))
    let kept = v.bytes.assumingMemoryBound(to: Float.self)
    try Kernel.parallelRanges(inputs, grain: 4) { channels in
      workspace.borrow(as: Float.self) { scratch in
        for channel in channels {
          for (block, place) in zip(blocks, places) {
            transformInput(
              block, channel, source, maps, into: kept + place, frequencyStride: vStride, scratch: scratch)
          }
        }
      }
    }
    try Kernel.parallel(pieces) { piece in
      let first = 16 * piece
      workspace.borrow(as: Float.self) { u in
        let m = u + 36 * uStride
        let scratch = m + 36 * mStride
        kernels.winogradWeights(
          weights + first * outputStride, outputs: min(16, outputs - first), outputStride: outputStride,
          inputs: 0..<inputs, inputStride: inputStride, backwards: backwards, into: u, frequencyStride: uStride)
        for f in 0..<36 {
          for (block, place) in zip(blocks, places) {
            multiply(
              u + f * uStride, kept + (f * vStride + place), block.tiles,
              into: m + (f * mStride + block.first), pitch: total)
          }
        }
        for channel in first..<min(outputs, first + 16) {
          for block in blocks {
            transformOutput(
              block, channel, m + ((channel - first) * total + block.first), frequencyStride: mStride, bias,
              into: target, scratch: scratch)
          }
        }
      }
    }
    extendLifetime(v)
  }
}
