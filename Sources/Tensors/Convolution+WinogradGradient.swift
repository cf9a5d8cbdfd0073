import Kernels

/// The gradient of 3×3 weights through Winograd's transforms: products over tiles, one per frequency.
///
/// Everything is summed in an order that sizes alone decide, so any number of threads gives the same bits.
struct WinogradWeightGradient {
  let kernels: any VectorKernels.Type
  let tiles: WinogradTiles
  let inputs: Int
  let outputs: Int

  /// Tiles that a transform takes at a time, and tiles and channels whose transforms are kept at a time.
  private static let (blockTiles, keptTiles, keptChannels) = (96, 1024, 256)
  /// With at most this many tiles the products are transformed back as soon as they are there: written out, they would be more
  /// than all else.
  private static let fewTiles = 128
  /// Input channels of such a product.
  private static let panel = 48

  private var plane: Int { tiles.height * tiles.width }

  /// - Parameters:
  ///   - source: `[N, C, H, W]`, mapped by `maps` while it is loaded.
  ///   - gradient: `[N, O, H, W]`.
  ///   - result: `[O, C, 3, 3]`; overwritten.
  func run(_ source: Floats, _ maps: ChannelMaps?, _ gradient: Floats, into result: MutableFloats) throws {
    if let cachedTiles { return try runPieces(cachedTiles, source, maps, gradient, into: result) }
    let isSmall = tiles.count <= WinogradWeightGradient.fewTiles
    let groups = tiles.groups(most: WinogradWeightGradient.blockTiles, kept: WinogradWeightGradient.keptTiles)
    let inputRanges = channelRanges(inputs, isSmall ? inputs : WinogradWeightGradient.keptChannels)
    let outputRanges = channelRanges(outputs, isSmall ? outputs : WinogradWeightGradient.keptChannels)
    let room = Room(
      tiles: groups.map(WinogradWeightGradient.count).max() ?? 0, inputs: inputRanges.map(\.count).max() ?? 0,
      outputs: outputRanges.map(\.count).max() ?? 0, keepsProducts: !isSmall || groups.count > 1)
    for inputRange in inputRanges {
      for outputRange in outputRanges {
        for (index, group) in groups.enumerated() {
          // With a single group the inputs' transforms serve all ranges of outputs.
          if groups.count > 1 || outputRange.lowerBound == 0 {
            try transformInputs(source, maps, inputRange, group, room)
          }
          try transformGradients(gradient, outputRange, group, room)
          // Between blocks there are zeros up to whole registers; after the last one they needn't be summed.
          let count = group.last.map { $0.first + $0.tiles.count } ?? 0
          if isSmall && groups.count == 1 {
            try finishPanels(count, room, result)
          } else {
            try multiply(inputRange, outputRange, count, accumulates: index > 0, room)
          }
        }
        if !isSmall || groups.count > 1 { try finish(inputRange, outputRange, room, result) }
      }
    }
  }

  private static func count(_ group: [WinogradTiles.Block]) -> Int { group.reduce(0) { $0 + $1.tiles.paddedCount } }

  private func channelRanges(_ count: Int, _ most: Int) -> [Range<Int>] {
    WinogradTiles.ranges((count + 15) / 16, most: (most + 15) / 16, parts: 1).map {
      16 * $0.lowerBound..<min(count, 16 * $0.upperBound)
    }
  }

  /// Memory for the transforms: inputs `[36, C/16, tiles, 16]`, gradients `[36, O, tiles]`, products `[36, O, C]`. An odd
  /// number of cache lines more keeps rows and frequencies out of each other's way in the cache.
  private final class Room: Sendable {
    let tiles: Int
    let vStride: Int
    let zRow: Int
    let zStride: Int
    let uRow: Int
    let uStride: Int
    private let buffers: [Buffer]

    init(tiles: Int, inputs: Int, outputs: Int, keepsProducts: Bool) {
      let (inputs, outputs) = ((inputs + 15) / 16 * 16, (outputs + 15) / 16 * 16)
      self.tiles = tiles
      vStride = inputs * tiles + 16
      zRow = tiles + 16
      zStride = outputs * zRow + 16
      uRow = inputs
      uStride = outputs * inputs + 16
      buffers = [36 * vStride, 36 * zStride, keepsProducts ? 36 * uStride : 1].map {
        Buffer(byteCount: 4 * $0)
      }
    }

    var v: MutableFloats { buffers[0].bytes.assumingMemoryBound(to: Float.self) }
    var z: MutableFloats { buffers[1].bytes.assumingMemoryBound(to: Float.self) }
    var u: MutableFloats { buffers[2].bytes.assumingMemoryBound(to: Float.self) }
  }

  private func transformInputs(
    _ source: Floats, _ maps: ChannelMaps?, _ channels: Range<Int>, _ blocks: [WinogradTiles.Block], _ room: Room
  ) throws {
    let pieces = blocks.count * ((channels.count + 15) / 16)
    let workspace = Workspace(bytesPerThread: turningFloats(blocks) * 4, pieces: pieces)
    try Kernel.parallel(pieces) { piece in
      let (panel, index) = piece.quotientAndRemainder(dividingBy: blocks.count)
      let first = channels.lowerBound + 16 * panel
      workspace.borrow(as: Float.self) { scratch in
        transformInputs(
          source, maps, first..<min(first + 16, channels.upperBound), blocks[index],
          into: room.v + (panel * room.tiles + blocks[index].first) * 16, frequencyStride: room.vStride, scratch)
      }
    }
  }

  /// Floats of scratch memory to transform up to 16 channels of a block.
  private func turningFloats(_ blocks: [WinogradTiles.Block]) -> Int {
    let widest = (blocks.map(\.tiles.paddedCount).max() ?? 0) + 16
    return 16 * 36 * widest + (blocks.map { Winograd.scratch($0.tiles) }.max() ?? 0)
  }

  /// Transforms up to 16 channels of a block, and lays them side by side.
  private func transformInputs(
    _ source: Floats, _ maps: ChannelMaps?, _ channels: Range<Int>, _ block: WinogradTiles.Block,
    into target: MutableFloats, frequencyStride: Int, _ transforms: MutableFloats
  ) {
    let count = block.tiles.paddedCount
    let pitch = count + 16
    for channel in channels {
      kernels.winogradInput(
        source + ((block.firstImage * inputs + channel) * plane + block.offset),
        block.plane(imageStride: inputs * plane), maps?[channel] ?? .identity, block.tiles,
        into: transforms + (channel - channels.lowerBound) * 36 * pitch, frequencyStride: pitch, panelWidth: count,
        panelStride: 0, scratch: transforms + 16 * 36 * pitch)
    }
    for f in 0..<36 {
      for q in stride(from: 0, to: count, by: 16) {
        kernels.transpose16(
          transforms + (f * pitch + q), stride: 36 * pitch, into: target + (f * frequencyStride + 16 * q), stride: 16)
      }
    }
  }

  private func transformGradients(
    _ gradient: Floats, _ channels: Range<Int>, _ blocks: [WinogradTiles.Block], _ room: Room
  ) throws {
    let scratch = blocks.map { Winograd.scratch($0.tiles) }.max() ?? 0
    let parts = (channels.count + 15) / 16
    let workspace = Workspace(bytesPerThread: scratch * 4, pieces: blocks.count * parts)
    try Kernel.parallel(blocks.count * parts) { piece in
      let (part, index) = piece.quotientAndRemainder(dividingBy: blocks.count)
      workspace.borrow(as: Float.self) { scratch in
        for channel in 16 * part..<min(channels.count, 16 * part + 16) {
          transformGradient(
            gradient, channels.lowerBound + channel, blocks[index],
            into: room.z + (channel * room.zRow + blocks[index].first), frequencyStride: room.zStride, scratch)
        }
      }
    }
  }

  private func transformGradient(
    _ gradient: Floats, _ channel: Int, _ block: WinogradTiles.Block, into target: MutableFloats,
    frequencyStride: Int, _ scratch: MutableFloats
  ) {
    kernels.winogradGradient(
      gradient + ((block.firstImage * outputs + channel) * plane + block.offset),
      block.plane(imageStride: outputs * plane), block.tiles, into: target, frequencyStride: frequencyStride,
      scratch: scratch)
  }

  private func multiply(
    _ inputs: Range<Int>, _ outputs: Range<Int>, _ count: Int, accumulates: Bool, _ room: Room
  ) throws {
    let panels = (outputs.count + 15) / 16
    let parts = min(panels, Kernel.threads > 2 ? 4 : 1)
    try Kernel.parallel(36 * parts) { piece in
      let (f, part) = piece.quotientAndRemainder(dividingBy: parts)
      // The transforms of a panel of inputs stay in the second-level cache while those of all outputs pass by.
      let columns = (inputs.count + 15) / 16 * 16
      for first in stride(from: 0, to: columns, by: WinogradWeightGradient.panel) {
        let some = first..<min(columns, first + WinogradWeightGradient.panel)
        for panel in panels * part / parts..<panels * (part + 1) / parts {
          product(
            f, 16 * panel, some, count, accumulates, room,
            into: room.u + (f * room.uStride + 16 * panel * room.uRow + first), row: room.uRow)
        }
      }
    }
  }

  /// 16 outputs × some inputs of one frequency, summed over tiles.
  private func product(
    _ f: Int, _ output: Int, _ columns: Range<Int>, _ count: Int, _ accumulates: Bool, _ room: Room,
    into target: MutableFloats, row: Int
  ) {
    kernels.multiply(
      room.z + (f * room.zStride + output * room.zRow), row: room.zRow, depth: 1,
      room.v + (f * room.vStride + columns.lowerBound * room.tiles), depth: 16, block: 16 * room.tiles,
      into: target, row: row, count: count, columns: columns.count, accumulates: accumulates)
  }

  private func finish(_ inputs: Range<Int>, _ outputs: Range<Int>, _ room: Room, _ result: MutableFloats) throws {
    try Kernel.parallelRanges(outputs.count, grain: 4) { range in
      for output in range {
        kernels.winogradWeightGradient(
          room.u + output * room.uRow, frequencyStride: room.uStride, inputs: inputs.count,
          into: result + 9 * ((outputs.lowerBound + output) * self.inputs + inputs.lowerBound))
      }
    }
  }

  /// Products of 16 outputs × 48 inputs at all frequencies, transformed back while they are in the cache.
  private func finishPanels(_ count: Int, _ room: Room, _ result: MutableFloats) throws {
    let panels = (outputs + 15) / 16
    let row = WinogradWeightGradient.panel
    let stride = 16 * row + 16
    let workspace = Workspace(bytesPerThread: 36 * stride * 4, pieces: panels)
    try Kernel.parallel(panels) { panel in
      workspace.borrow(as: Float.self) { products in
        for first in Swift.stride(from: 0, to: inputs, by: row) {
          let columns = first..<min((inputs + 15) / 16 * 16, first + row)
          for f in 0..<36 {
            product(f, 16 * panel, columns, count, false, room, into: products + f * stride, row: row)
          }
          for output in 16 * panel..<min(outputs, 16 * panel + 16) {
            kernels.winogradWeightGradient(
              products + (output - 16 * panel) * row, frequencyStride: stride, inputs: min(row, inputs - first),
              into: result + 9 * (output * inputs + first))
          }
        }
      }
    }
  }

  // MARK: Few channels

  private var paddedInputs: Int { (inputs + 15) / 16 * 16 }
  private var paddedOutputs: Int { (outputs + 15) / 16 * 16 }

  /// Pieces that there are, whatever the number of threads.
  private static let pieces = 16

  /// Tiles that are transformed at a time where all products and the transforms of so many stay in the second-level cache
  /// together, and there are many tiles: then they never go anywhere else. Nil for other shapes.
  private var cachedTiles: Int? {
    [64, 48, 32].first { tiles in
      let floats = 36 * (paddedInputs * paddedOutputs + (paddedInputs + paddedOutputs) * tiles)
      return 4 * floats < Processor.cacheBytes * 3 / 4 && self.tiles.count >= 8 * tiles
    }
  }

  /// Each piece takes some of the tiles from transforms to a gradient of its own; the sum of these is the result.
  private func runPieces(
    _ blockTiles: Int, _ source: Floats, _ maps: ChannelMaps?, _ gradient: Floats, into result: MutableFloats
  ) throws {
    let blocks = tiles.blocks(most: blockTiles, parts: 1)
    let pieces = min(blocks.count, WinogradWeightGradient.pieces)
    let widest = blocks.map(\.tiles.paddedCount).max() ?? 0
    let (vStride, zRow) = (paddedInputs * widest + 16, widest + 16)
    let (zStride, uStride) = (paddedOutputs * zRow + 16, paddedOutputs * paddedInputs + 16)
    let turning = turningFloats(blocks)
    let workspace = Workspace(bytesPerThread: (36 * (vStride + zStride + uStride) + turning) * 4, pieces: pieces)
    let count = outputs * inputs * 9
    let partial = Buffer(byteCount: pieces * count * 4)
    let partials = partial.bytes.assumingMemoryBound(to: Float.self)
    try Kernel.parallel(pieces) { piece in
      workspace.borrow(as: Float.self) { v in
        let (z, u) = (v + 36 * vStride, v + 36 * (vStride + zStride))
        let scratch = u + 36 * uStride
        let range = blocks.count * piece / pieces..<blocks.count * (piece + 1) / pieces
        for index in range {
          let block = blocks[index]
          let tiles = block.tiles.paddedCount
          for first in stride(from: 0, to: inputs, by: 16) {
            transformInputs(
              source, maps, first..<min(inputs, first + 16), block, into: v + first * tiles, frequencyStride: vStride,
              scratch)
          }
          for channel in 0..<outputs {
            transformGradient(gradient, channel, block, into: z + channel * zRow, frequencyStride: zStride, scratch)
          }
          for f in 0..<36 {
            for output in stride(from: 0, to: paddedOutputs, by: 16) {
              kernels.multiply(
                z + (f * zStride + output * zRow), row: zRow, depth: 1, v + f * vStride, depth: 16, block: 16 * tiles,
                into: u + (f * uStride + output * paddedInputs), row: paddedInputs, count: tiles,
                columns: paddedInputs, accumulates: index > range.lowerBound)
            }
          }
        }
        for output in 0..<outputs {
          kernels.winogradWeightGradient(
            u + output * paddedInputs, frequencyStride: uStride, inputs: inputs,
            into: partials + (piece * count + output * inputs * 9))
        }
      }
    }
    try Kernel.parallelRanges(count, grain: 1 << 12) { range in
      (result + range.lowerBound).update(from: partials + range.lowerBound, count: range.count)
      for piece in 1..<max(1, pieces) {
        kernels.add(
          partials + (piece * count + range.lowerBound), times: 1, to: result + range.lowerBound, count: range.count)
      }
    }
    extendLifetime(partial)
  }
}
