import Kernels

/// A convolution by its definition's sums: a matrix of weights times what the window sees, gathered panel by panel.
///
/// It serves every kernel, stride and dilation, forward (one phase) and for the gradient of the input (a phase for each
/// position modulo the stride, whose pixels see the same kernel entries: nothing is multiplied with zeros). Taps that see
/// only padding are left out.
struct PatchProduct {
  /// Output positions that see the same kernel entries.
  struct Phase {
    /// Kernel entries along each axis that see something, and the source position each has for grid position 0.
    var rowEntries: [Int]
    var rowTaps: [Int]
    var columnEntries: [Int]
    var columnTaps: [Int]
    var gridRows: Int
    var gridColumns: Int
    /// Source positions from one grid position to the next.
    var rowStride: Int
    var columnStride: Int
    /// Where grid position (0, 0) lies in the target, and how far apart grid positions are there.
    var targetRow = 0
    var targetColumn = 0
    var targetRowStride = 1
    var targetColumnStride = 1

    var taps: Int { rowTaps.count * columnTaps.count }
    var gridCount: Int { gridRows * gridColumns }
  }

  let kernels: any VectorKernels.Type
  let batch: Int
  /// Channels of source and target, and their maps' sizes.
  let inputs: Int
  let outputs: Int
  let sourceRows: Int
  let sourceColumns: Int
  let targetRows: Int
  let targetColumns: Int
  /// Floats of the weights from one output, input and kernel row to the next.
  let outputStride: Int
  let inputStride: Int
  let kernelColumns: Int

  /// Pixels that are gathered at a time, enough of a row for the processor to fetch ahead, and products that are summed before
  /// the next channels are gathered: what is gathered stays in the second-level cache.
  private static let (width, depth) = (192, 256)

  private var sourcePlane: Int { sourceRows * sourceColumns }
  private var targetPlane: Int { targetRows * targetColumns }

  func run(
    _ phases: [Phase], _ source: Floats, _ maps: ChannelMaps?, _ weights: Floats, bias: Floats?,
    into target: MutableFloats
  ) throws {
    for phase in phases where phase.gridCount > 0 {
      try run(phase, source, maps, weights, bias, target)
    }
  }

  private func run(
    _ phase: Phase, _ source: Floats, _ maps: ChannelMaps?, _ weights: Floats, _ bias: Floats?, _ target: MutableFloats
  ) throws {
    let (width, depth) = (PatchProduct.width, inputs * phase.taps)
    let panels = (outputs + 15) / 16
    let parts = phase.parts(sourceRows: sourceRows, sourceColumns: sourceColumns)
    let packed = Buffer(byteCount: max(1, panels * depth * 16) * 4)
    let a = packed.bytes.assumingMemoryBound(to: Float.self)
    try pack(weights, phase, into: a)
    // Images one after the other, and in each the strips of all parts.
    let strips = (0..<batch).flatMap { image in
      parts.indices.flatMap { part in
        stride(from: 0, to: parts[part].phase.gridCount, by: width).map { (image: image, part: part, first: $0) }
      }
    }
    // Neighbouring panels go to one thread.
    let together = max(1, min(8, strips.count / (8 * Kernel.threads)))
    let pieces = (strips.count + together - 1) / together
    // Sums that are no stretch of the target wait beside what was gathered.
    let gathered = parts.map { channels(of: $0) * max(1, $0.tapsTogether) }.max() ?? 1
    let workspace = Workspace(bytesPerThread: (gathered + panels * 16) * width * 4, pieces: pieces)
    try Kernel.parallel(pieces) { piece in
      workspace.borrow(as: Float.self) { b in
        let sums = b + gathered * width
        for strip in strips[piece * together..<min(strips.count, (piece + 1) * together)] {
          let (image, first) = (strip.image, strip.first)
          let part = parts[strip.part]
          let count = min(width, part.phase.gridCount - first)
          let y = target + image * outputs * targetPlane
          let isDense = part.phase.isDense(targetColumns)
          let channels = channels(of: part)
          for channel in stride(from: 0, to: inputs, by: channels) {
            let some = min(channels, inputs - channel)
            for (index, group) in part.groups.enumerated() {
              group.phase.withPatch(sourceRows: sourceRows, sourceColumns: sourceColumns) { patch in
                kernels.gatherPatches(
                  source + (image * inputs + channel) * sourcePlane, channelStride: sourcePlane, channels: some,
                  scale: maps.map { $0.scaleAddress + channel }, shift: maps.map { $0.shiftAddress + channel },
                  rectifies: maps?.rectifies ?? false, patch, first: first, count: count, into: b, width: width)
              }
              let isFirst = channel == 0 && index == 0
              let isLast = channel + some == inputs && index == part.groups.count - 1
              for panel in 0..<panels {
                let rows = min(16, outputs - 16 * panel)
                let direct = isDense && rows == 16 && count == width
                let c = direct ? y + (16 * panel * targetPlane + part.place + first) : sums + 16 * panel * width
                let row = direct ? targetPlane : width
                if isFirst, let bias { fill(c, row, bias + 16 * panel, rows) }
                kernels.multiply(
                  a + (panel * depth + channel * phase.taps + group.tap) * 16, row: 1, depth: 16 * group.step, b,
                  depth: width, block: 16, into: c, row: row, count: some * part.tapsTogether,
                  columns: (count + 15) / 16 * 16, accumulates: !isFirst || bias != nil)
                if !direct && isLast { store(c, part.phase, y + 16 * panel * targetPlane, rows, first, count) }
              }
            }
          }
        }
      }
    }
    extendLifetime((packed, maps))
  }

  /// Input channels that are gathered at a time.
  private func channels(of part: Phase.Part) -> Int {
    max(1, min(inputs, PatchProduct.depth / max(1, part.tapsTogether)))
  }

  private func fill(_ c: MutableFloats, _ row: Int, _ bias: Floats, _ rows: Int) {
    for r in 0..<rows { (c + r * row).update(repeating: bias[r], count: PatchProduct.width) }
  }

  /// Offset of a grid position in a target plane.
  @inline(__always) private func place(_ phase: Phase, _ position: Int) -> Int {
    let (y, x) = position.quotientAndRemainder(dividingBy: phase.gridColumns)
    return (y * phase.targetRowStride + phase.targetRow) * targetColumns + x * phase.targetColumnStride
      + phase.targetColumn
  }

  private func store(
    _ c: MutableFloats, _ phase: Phase, _ y: MutableFloats, _ rows: Int, _ first: Int, _ count: Int
  ) {
    forEachRun(phase, first, count) { i, place, length in
      for r in 0..<rows {
        let (from, to) = (c + (r * PatchProduct.width + i), y + (r * targetPlane + place))
        if phase.targetColumnStride == 1 {
          to.update(from: from, count: length)
        } else if phase.targetColumnStride == 2 {
          kernels.interleave(from, into: to, count: length)
        } else {
          for x in 0..<length { to[x &* phase.targetColumnStride] = from[x] }
        }
      }
    }
  }

  /// Calls `body` for each stretch of grid positions in one row: which position of the panel, where in the target, how many.
  @inline(__always)
  private func forEachRun(_ phase: Phase, _ first: Int, _ count: Int, _ body: (Int, Int, Int) -> Void) {
    var i = 0
    while i < count {
      let length = min(count - i, phase.gridColumns - (first + i) % phase.gridColumns)
      body(i, place(phase, first + i), length)
      i += length
    }
  }

  /// Weights as `[outputs/16, inputs · taps, 16]`.
  private func pack(_ weights: Floats, _ phase: Phase, into a: MutableFloats) throws {
    let (taps, depth) = (phase.taps, inputs * phase.taps)
    let entries = phase.rowEntries.flatMap { row in phase.columnEntries.map { row * kernelColumns + $0 } }
    let isWhole = entries == Array(0..<entries.count) && inputStride == entries.count
    try Kernel.parallel((outputs + 15) / 16) { panel in
      let (source, target) = (weights + 16 * panel * outputStride, a + panel * depth * 16)
      let rows = min(16, outputs - 16 * panel)
      if isWhole {
        kernels.packPanel(
          source, rowStride: outputStride, rows: rows, columnStride: 1, columns: depth, into: target)
      } else {
        for input in 0..<inputs {
          for (tap, entry) in entries.enumerated() {
            kernels.packPanel(
              source + (input * inputStride + entry), rowStride: outputStride, rows: rows, columnStride: 0, columns: 1,
              into: target + (input * taps + tap) * 16)
          }
        }
      }
    }
  }
}

extension PatchProduct.Phase {
  /// Lends the phase as kernels want it.
  func withPatch<R>(sourceRows: Int, sourceColumns: Int, _ body: (Patch) throws -> R) rethrows -> R {
    try rowTaps.withUnsafeBufferPointer { rows in
      try columnTaps.withUnsafeBufferPointer { columns in
        // A phase without taps has no addresses either; nobody reads from them.
        let none = UnsafePointer<Int>(bitPattern: MemoryLayout<Int>.alignment)!
        return try body(
          Patch(
            sourceRows: sourceRows, sourceColumns: sourceColumns, rowStride: rowStride, columnStride: columnStride,
            rowTaps: rows.baseAddress ?? none, rowTapCount: rows.count, columnTaps: columns.baseAddress ?? none,
            columnTapCount: columns.count, gridColumns: gridColumns))
      }
    }
  }
}
