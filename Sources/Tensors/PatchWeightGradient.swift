import Kernels

/// The gradient of a convolution's weights by its definition's sums: the output's gradient times what the window saw.
///
/// A piece owns some input channels and, where those are few, some of the pixels; the order of all sums depends on sizes alone.
struct PatchWeightGradient {
  let kernels: any VectorKernels.Type
  let batch: Int
  let inputs: Int
  let outputs: Int
  let sourceRows: Int
  let sourceColumns: Int
  /// Kernel entries per channel, and along a row.
  let entries: Int
  let kernelColumns: Int

  /// Pixels that are gathered at a time, and pieces that there should be.
  private static let (pixels, pieces) = (192, 16)

  /// How the work falls into pieces: chunks of input channels times groups of pixels.
  ///
  /// The kernel wants one of its factors turned, pixel by pixel: what the window saw, or the output's gradient, whichever is less
  /// work. A chunk of `some` channels gives sums `[outputs, some · taps]`, or `[some · taps, outputs]` with a turned gradient.
  private struct Plan {
    let turnsGradient: Bool
    let channels: Int
    let chunks: Int
    let groups: Int
    /// Sums of a chunk along both of its axes, in whole panels.
    let columns: Int
    let outputs: Int

    init(inputs: Int, outputs: Int, taps: Int, strips: Int) {
      self.outputs = (outputs + 15) / 16 * 16
      // All sums of a chunk are passed through for every strip of pixels: they should stay in the cache.
      let wide = max(1, min(inputs, min(480, 100_000 / self.outputs) / taps))
      turnsGradient = self.outputs * ((inputs + wide - 1) / wide) < inputs * taps
      let most = turnsGradient ? wide : max(1, min(inputs, 192 / taps))
      chunks = (inputs + most - 1) / most
      channels = (inputs + chunks - 1) / chunks
      groups = max(1, min(strips, PatchWeightGradient.pieces / chunks))
      columns = (channels * taps + 15) / 16 * 16
    }

    var sums: Int { columns * outputs }
    /// Floats from the sums of one output, and of one entry of the kernel, to the next.
    var outputStride: Int { turnsGradient ? 1 : columns }
    var entryStride: Int { turnsGradient ? outputs : 1 }
  }

  /// - Parameters:
  ///   - phase: the output positions.
  ///   - result: `[O, C, kh, kw]`; overwritten, but for entries that no tap sees.
  func run(
    _ phase: PatchProduct.Phase, _ source: Floats, _ maps: ChannelMaps?, _ gradient: Floats,
    into result: MutableFloats
  ) throws {
    for part in phase.rowsOfTaps(sourceRows: sourceRows) {
      try run(
        part, plane: phase.gridCount, source, maps, gradient + part.targetRow * phase.gridColumns, into: result)
    }
  }

  /// - Parameter plane: floats from one map of the gradient to the next.
  private func run(
    _ phase: PatchProduct.Phase, plane gradientPlane: Int, _ source: Floats, _ maps: ChannelMaps?, _ gradient: Floats,
    into result: MutableFloats
  ) throws {
    let taps = phase.taps
    if taps == 0 { return }
    let width = PatchWeightGradient.pixels
    let strips = (phase.gridCount + width - 1) / width
    let plan = Plan(inputs: inputs, outputs: outputs, taps: taps, strips: batch * strips)
    let (groups, columns) = (plan.groups, plan.columns)
    let sums = Buffer(byteCount: plan.chunks * groups * plan.sums * 4)
    let all = sums.bytes.assumingMemoryBound(to: Float.self)
    let workspace = Workspace(
      bytesPerThread: (columns + (plan.turnsGradient ? plan.outputs : columns) + 16) * width * 4,
      pieces: plan.chunks * groups)
    try phase.withPatch(sourceRows: sourceRows, sourceColumns: sourceColumns) { patch in
      try Kernel.parallel(plan.chunks * groups) { piece in
        let (chunk, group) = piece.quotientAndRemainder(dividingBy: groups)
        let first = chunk * plan.channels
        let some = min(plan.channels, inputs - first)
        let sum = all + piece * plan.sums
        workspace.borrow(as: Float.self) { seen in
          let turned = seen + columns * width
          let last = turned + (plan.turnsGradient ? plan.outputs : columns) * width
          (seen + some * taps * width).update(repeating: 0, count: (columns - some * taps) * width)
          for (step, strip) in (batch * strips * group / groups..<batch * strips * (group + 1) / groups).enumerated() {
            if Interruption.isRequested { return }
            let (image, index) = strip.quotientAndRemainder(dividingBy: strips)
            let pixel = index * width
            let count = min(width, phase.gridCount - pixel)
            let plane = sourceRows * sourceColumns
            kernels.gatherPatches(
              source + (image * inputs + first) * plane, channelStride: plane, channels: some,
              scale: maps.map { $0.scaleAddress + first }, shift: maps.map { $0.shiftAddress + first },
              rectifies: maps?.rectifies ?? false, patch, first: pixel, count: count, into: seen, width: width)
            if !plan.turnsGradient {
              for column in stride(from: 0, to: columns, by: 16) {
                turn(seen + column * width, width, count, into: turned + column * width)
              }
            }
            let g = gradient + (image * outputs * gradientPlane + pixel)
            for row in stride(from: 0, to: plan.outputs, by: 16) {
              var (a, stride) = (g + row * gradientPlane, gradientPlane)
              // Whole registers of 16 outputs and 16 pixels.
              if row + 16 > outputs || plan.turnsGradient && count % 16 != 0 {
                copyRows(a, min(16, outputs - row), gradientPlane, count, into: last)
                (a, stride) = (Floats(last), width)
              }
              if plan.turnsGradient {
                turn(a, stride, count, into: turned + row * width)
              } else {
                kernels.multiply(
                  a, row: stride, depth: 1, turned, depth: 16, block: 16 * width, into: sum + row * columns,
                  row: columns, count: count, columns: columns, accumulates: step > 0)
              }
            }
            if plan.turnsGradient {
              for row in stride(from: 0, to: columns, by: 16) {
                kernels.multiply(
                  seen + row * width, row: width, depth: 1, turned, depth: 16, block: 16 * width,
                  into: sum + row * plan.outputs, row: plan.outputs, count: count, columns: plan.outputs,
                  accumulates: step > 0)
              }
            }
          }
        }
      }
    }
    try collect(all, phase, plan, into: result)
    extendLifetime((sums, maps))
  }

  /// 16 rows of `count` pixels become pixels of 16.
  private func turn(_ rows: Floats, _ stride: Int, _ count: Int, into target: MutableFloats) {
    for p in Swift.stride(from: 0, to: count, by: 16) {
      kernels.transpose16(rows + p, stride: stride, into: target + 16 * p, stride: 16)
    }
  }

  private func copyRows(_ a: Floats, _ rows: Int, _ stride: Int, _ count: Int, into target: MutableFloats) {
    for r in 0..<16 {
      let out = target + r * PatchWeightGradient.pixels
      if r < rows { out.update(from: a + r * stride, count: count) } else { out.update(repeating: 0, count: count) }
    }
  }

  /// Adds up the groups and puts each sum in its place.
  private func collect(
    _ sums: MutableFloats, _ phase: PatchProduct.Phase, _ plan: Plan, into result: MutableFloats
  ) throws {
    try Kernel.parallel(plan.chunks * 16) { piece in
      let (chunk, part) = piece.quotientAndRemainder(dividingBy: 16)
      let range = plan.sums * part / 16..<plan.sums * (part + 1) / 16
      let total = sums + (chunk * plan.groups * plan.sums + range.lowerBound)
      for group in 1..<max(1, plan.groups) {
        kernels.add(total + group * plan.sums, times: 1, to: total, count: range.count)
      }
    }
    let places = phase.rowEntries.flatMap { row in phase.columnEntries.map { row * kernelColumns + $0 } }
    let taps = places.count
    try Kernel.parallel(plan.outputs / 16) { panel in
      for chunk in 0..<plan.chunks {
        let first = chunk * plan.channels
        let count = min(plan.channels, inputs - first) * taps
        for output in 16 * panel..<min(outputs, 16 * panel + 16) {
          let from = sums + (chunk * plan.groups * plan.sums + output * plan.outputStride)
          let to = result + (output * inputs + first) * entries
          if taps == entries && !plan.turnsGradient {
            to.update(from: from, count: count)
          } else if taps == entries {
            for entry in 0..<count { to[entry] = from[entry &* plan.entryStride] }
          } else {
            for entry in 0..<count {
              to[entry / taps &* entries &+ places[entry % taps]] = from[entry &* plan.entryStride]
            }
          }
        }
      }
    }
  }
}
