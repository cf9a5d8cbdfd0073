extension Convolution {
  /// Input positions that are equal modulo the stride see the same kernel entries. Such a phase is a small convolution of
  /// the output's gradient with stride 1: nothing is multiplied with zeros, and no two pieces write the same place.
  private struct Phase {
    let row: Int
    let column: Int
    /// Kernel rows and columns that reach this phase.
    let kernelRows: [Int]
    let kernelColumns: [Int]
    let patches: Patches
    let plan: StripPlan
    /// Where this phase's weights `[C, O · taps]` begin in the packed weights.
    let weights: Int
  }

  /// Along one axis, the kernel entries that reach phase `phase`, and the output position that entry has for grid position 0.
  private static func reaching(_ axis: Axis, phase: Int) -> (entries: [Int], taps: [Int]) {
    let entries = (0..<axis.kernel).filter { (phase + axis.padding - $0 * axis.dilation) % axis.stride == 0 }
    return (entries, entries.map { (phase + axis.padding - $0 * axis.dilation) / axis.stride })
  }

  private func phases() -> [Phase] {
    var phases: [Phase] = []
    var weights = 0
    for row in 0..<min(rows.stride, rows.size) {
      for column in 0..<min(columns.stride, columns.size) {
        let (kernelRows, rowTaps) = Convolution.reaching(rows, phase: row)
        let (kernelColumns, columnTaps) = Convolution.reaching(columns, phase: column)
        let patches = Patches(
          sourceHeight: rows.outputSize, sourceWidth: columns.outputSize, rowStride: 1, columnStride: 1,
          rowTaps: rowTaps, columnTaps: columnTaps,
          gridHeight: (rows.size - row + rows.stride - 1) / rows.stride,
          gridWidth: (columns.size - column + columns.stride - 1) / columns.stride)
        phases.append(
          Phase(
            row: row, column: column, kernelRows: kernelRows, kernelColumns: kernelColumns, patches: patches,
            plan: StripPlan(patches: patches, channels: outputs, batch: batch), weights: weights))
        weights += inputs * outputs * patches.taps
      }
    }
    return phases
  }

  func inputGradient<T: FloatingElement>(_ gradient: Tensor, _ weight: Tensor, into result: Tensor, _: T.Type) throws {
    let phases = phases()
    let isDense = rows.stride == 1 && columns.stride == 1
    let packed = isPointwise ? weight : try pack(weight, for: phases, T.self)
    let items = phases.indices.flatMap { phase in
      (0..<batch * phases[phase].plan.strips).map { (phase: phase, strip: $0) }
    }
    let matrix = phases.map { $0.plan.matrixElements($0.patches) }.max() ?? 0
    let staging = phases.map { inputs * $0.plan.rows * $0.patches.gridWidth }.max() ?? 0
    let elements = (isPointwise ? 0 : matrix) + (isDense ? 0 : staging)
    let workspace = Workspace(bytesPerThread: elements * MemoryLayout<T>.stride, pieces: items.count)
    let (g, w, dx) = (gradient.address(T.self), packed.address(T.self), result.address(T.self))
    defer { extendLifetime((gradient.buffer, packed.buffer, result.buffer)) }
    let (inputPlane, outputPlane) = (inputPlane, outputPlane)
    try Kernel.parallel(items.count) { item in
      let phase = phases[items[item].phase]
      let (patches, plan) = (phase.patches, phase.plan)
      let (image, strip) = items[item].strip.quotientAndRemainder(dividingBy: plan.strips)
      let grid = plan.range(strip, of: patches)
      let pixels = grid.count * patches.gridWidth
      if pixels == 0 { return }
      let source = g + image * outputs * outputPlane
      let target = dx + image * inputs * inputPlane
      workspace.borrow(as: T.self) { scratch in
        let result =
          isDense
          ? Matrix(
            base: target + grid.lowerBound * patches.gridWidth, rows: inputs, columns: pixels, stride: inputPlane)
          : Matrix(base: scratch + (isPointwise ? 0 : matrix), rows: inputs, columns: pixels, stride: pixels)
        if isPointwise {
          let seen = Matrix(
            base: source + grid.lowerBound * patches.gridWidth, rows: outputs, columns: pixels, stride: outputPlane)
          let weights = Matrix(base: w, rows: outputs, columns: inputs, stride: inputs).transposed
          GEMM.multiply(weights, seen, into: result, accumulate: false)
        } else if patches.taps == 0 {
          for c in 0..<inputs { (result.base + c * result.stride).update(repeating: 0, count: pixels) }
        } else {
          let taps = patches.taps
          for first in stride(from: 0, to: outputs, by: plan.channels) {
            let channels = min(plan.channels, outputs - first)
            patches.gather(source + first * outputPlane, planes: channels, rows: grid, into: scratch)
            let seen = Matrix(base: scratch, rows: channels * taps, columns: pixels, stride: pixels)
            let weights = Matrix(
              base: w + (phase.weights + first * taps), rows: inputs, columns: channels * taps, stride: outputs * taps)
            GEMM.multiply(weights, seen, into: result, accumulate: first > 0)
          }
        }
        if !isDense { spread(result, of: phase, grid, into: target) }
      }
    }
  }

  /// Puts a phase's pixels in their places, `stride` apart.
  private func spread<T: FloatingElement>(
    _ values: Matrix<T>, of phase: Phase, _ grid: Range<Int>, into target: UnsafeMutablePointer<T>
  ) {
    let (width, step) = (phase.patches.gridWidth, columns.stride)
    for c in 0..<inputs {
      var source = values.base + c * values.stride
      for y in grid {
        let line = target + (c * inputPlane + (y * rows.stride + phase.row) * columns.size + phase.column)
        for x in 0..<width { line[x &* step] = source[x] }
        source += width
      }
    }
  }

  /// The weights as each phase multiplies them, `[C, O · taps]`, one phase after the other.
  private func pack<T: FloatingElement>(_ weight: Tensor, for phases: [Phase], _: T.Type) throws -> Tensor {
    let packed = Tensor(uninitialized: [weight.count], weight.type)
    let (w, target) = (weight.address(T.self), packed.address(T.self))
    defer { extendLifetime((weight.buffer, packed.buffer)) }
    let (taps, inputs, outputs) = (taps, inputs, outputs)
    try Kernel.parallelRanges(inputs, grain: max(1, 1 << 16 / max(1, outputs * taps))) { channels in
      for phase in phases {
        let entries = phase.kernelRows.flatMap { row in phase.kernelColumns.map { row * columns.kernel + $0 } }
        for c in channels {
          let line = target + (phase.weights + c * outputs * entries.count)
          for (i, entry) in entries.enumerated() {
            for o in 0..<outputs { line[o &* entries.count &+ i] = w[(o &* inputs &+ c) &* taps &+ entry] }
          }
        }
      }
    }
    return packed
  }
}
