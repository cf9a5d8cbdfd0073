extension Convolution {
  /// Each piece computes some output rows of one image, all channels: weight `[O, C·kh·kw]` times patches `[C·kh·kw, P]`.
  func forward<T: FloatingElement>(
    _ input: Tensor, _ weight: Tensor, _ bias: Tensor?, into output: Tensor, _: T.Type
  ) throws {
    let patches = inputPatches
    let plan = StripPlan(patches: patches, channels: inputs, batch: batch)
    let pieces = batch * plan.strips
    let workspace = Workspace(
      bytesPerThread: isPointwise ? 0 : plan.matrixElements(patches) * MemoryLayout<T>.stride, pieces: pieces)
    let (x, w, y) = (input.address(T.self), weight.address(T.self), output.address(T.self))
    let b = bias?.address(T.self)
    defer { extendLifetime((input.buffer, weight.buffer, bias?.buffer, output.buffer)) }
    let (taps, inputPlane, outputPlane) = (taps, inputPlane, outputPlane)
    try Kernel.parallel(pieces) { piece in
      let (image, strip) = piece.quotientAndRemainder(dividingBy: plan.strips)
      let grid = plan.range(strip, of: patches)
      let pixels = grid.count * patches.gridWidth
      if pixels == 0 { return }
      let source = x + image * inputs * inputPlane
      let target = y + (image * outputs * outputPlane + grid.lowerBound * patches.gridWidth)
      let result = Matrix(base: target, rows: outputs, columns: pixels, stride: outputPlane)
      if let b {
        for o in 0..<outputs { (target + o * outputPlane).update(repeating: b[o], count: pixels) }
      }
      if isPointwise {
        let seen = Matrix(
          base: source + grid.lowerBound * patches.gridWidth, rows: inputs, columns: pixels, stride: inputPlane)
        let weights = Matrix(base: w, rows: outputs, columns: inputs, stride: inputs)
        return GEMM.multiply(weights, seen, into: result, accumulate: b != nil)
      }
      workspace.borrow(as: T.self) { scratch in
        for first in stride(from: 0, to: inputs, by: plan.channels) {
          let channels = min(plan.channels, inputs - first)
          patches.gather(source + first * inputPlane, planes: channels, rows: grid, into: scratch)
          let seen = Matrix(base: scratch, rows: channels * taps, columns: pixels, stride: pixels)
          let weights = Matrix(base: w + first * taps, rows: outputs, columns: channels * taps, stride: inputs * taps)
          GEMM.multiply(weights, seen, into: result, accumulate: b != nil || first > 0)
        }
      }
    }
  }
}
