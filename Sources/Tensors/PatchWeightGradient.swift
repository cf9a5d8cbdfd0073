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

  /// Pixels that are gathered at a time, columns of a piece's product, and pieces that there should be.
  private static let (pixels, columns, pieces) = (192, 192, 16)

  /// - Parameters:
  ///   - phase: the output positions.
  ///   - result: `[O, C, kh, kw]`, zeros.
  func run(
    _ phase: PatchProduct.Phase, _ source: Floats, _ maps: ChannelMaps?, _ gradient: Floats,
    into result: MutableFloats
  ) throws {
    let taps = phase.taps
    if taps == 0 { return }
    let channels = max(1, min(inputs, PatchWeightGradient.columns / taps))
    let chunks = (inputs + channels - 1) / channels
    let strips = (phase.gridCount + PatchWeightGradient.pixels - 1) / PatchWeightGradient.pixels
    let groups = max(1, min(batch * strips, PatchWeightGradient.pieces / chunks))
    let columns = (channels * taps + 15) / 16 * 16
    let rows = (outputs + 15) / 16 * 16
    let sums = Buffer(byteCount: chunks * groups * rows * columns * 4)
    let all = sums.bytes.assumingMemoryBound(to: Float.self)
    let width = PatchWeightGradient.pixels
    let workspace = Workspace(bytesPerThread: (2 * columns + 16) * width * 4, pieces: chunks * groups)
    try phase.withPatch(sourceRows: sourceRows, sourceColumns: sourceColumns) { patch in
      try Kernel.parallel(chunks * groups) { piece in
        let (chunk, group) = piece.quotientAndRemainder(dividingBy: groups)
        let first = chunk * channels
        let some = min(channels, inputs - first)
        let sum = all + piece * rows * columns
        workspace.borrow(as: Float.self) { seen in
          let turned = seen + columns * width
          let last = turned + columns * width
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
            for column in stride(from: 0, to: columns, by: 16) {
              for p in stride(from: 0, to: count, by: 16) {
                kernels.transpose16(
                  seen + (column * width + p), stride: width, into: turned + (column * width + 16 * p), stride: 16)
              }
            }
            let g = gradient + (image * outputs * phase.gridCount + pixel)
            for row in stride(from: 0, to: rows, by: 16) {
              var (a, stride) = (g + row * phase.gridCount, phase.gridCount)
              if row + 16 > outputs {
                copyRows(a, outputs - row, phase.gridCount, count, into: last)
                (a, stride) = (Floats(last), width)
              }
              kernels.multiply(
                a, row: stride, depth: 1, turned, depth: 16, block: 16 * width, into: sum + row * columns, row: columns,
                count: count, columns: columns, accumulates: step > 0)
            }
          }
        }
      }
    }
    try collect(all, phase, chunks: chunks, groups: groups, channels: channels, columns: columns, into: result)
    extendLifetime((sums, maps))
  }

  private func copyRows(_ a: Floats, _ rows: Int, _ stride: Int, _ count: Int, into target: MutableFloats) {
    for r in 0..<16 {
      let out = target + r * PatchWeightGradient.pixels
      if r < rows { out.update(from: a + r * stride, count: count) } else { out.update(repeating: 0, count: count) }
    }
  }

  /// Adds up the groups and puts each sum in its place.
  private func collect(
    _ sums: Floats, _ phase: PatchProduct.Phase, chunks: Int, groups: Int, channels: Int, columns: Int,
    into result: MutableFloats
  ) throws {
    let places = phase.rowEntries.flatMap { row in phase.columnEntries.map { row * kernelColumns + $0 } }
    let (taps, rows) = (places.count, (outputs + 15) / 16 * 16)
    try Kernel.parallelRanges(outputs, grain: max(1, 1 << 15 / max(1, inputs * taps * groups))) { range in
      for output in range {
        for input in 0..<inputs {
          let (chunk, channel) = input.quotientAndRemainder(dividingBy: channels)
          let from = sums + ((chunk * groups * rows + output) * columns + channel * taps)
          let to = result + (output * inputs + input) * entries
          for tap in 0..<taps {
            var sum = from[tap]
            for group in 1..<max(1, groups) { sum += from[group &* rows &* columns &+ tap] }
            to[places[tap]] = sum
          }
        }
      }
    }
  }
}
