extension Convolution {
  /// A piece owns some input channels, and sums gradient `[O, P]` times transposed patches `[P, c·kh·kw]` over all strips of
  /// all images. With too few channels for that, images and strips are dealt to groups, whose sums are added in order.
  func weightGradient<T: FloatingElement>(_ gradient: Tensor, _ input: Tensor, into result: Tensor, _: T.Type) throws {
    let patches = inputPatches
    let plan = StripPlan(patches: patches, channels: inputs, batch: batch)
    let wanted = 2 * Kernel.threads
    let leastChannels = max(1, 96 / taps)
    let channels = max(1, min(plan.channels, max(leastChannels, (inputs + wanted - 1) / wanted)))
    let blocks = (inputs + channels - 1) / channels
    let strips = batch * plan.strips
    let groups = max(1, min(strips, (wanted + blocks - 1) / blocks))
    let sums = groups == 1 ? result : Tensor(zeros: [groups] + weightShape, gradient.type)
    let elements = isPointwise ? 0 : channels * taps * plan.rows * patches.gridWidth
    let workspace = Workspace(bytesPerThread: elements * MemoryLayout<T>.stride, pieces: blocks * groups)
    let (g, x, dw) = (gradient.address(T.self), input.address(T.self), sums.address(T.self))
    defer { extendLifetime((gradient.buffer, input.buffer, sums.buffer)) }
    let (taps, inputPlane, outputPlane) = (taps, inputPlane, outputPlane)
    try Kernel.parallel(blocks * groups) { piece in
      let (group, block) = piece.quotientAndRemainder(dividingBy: blocks)
      let first = block * channels
      let count = min(channels, inputs - first)
      let sum = Matrix(
        base: dw + (group * result.count + first * taps), rows: outputs, columns: count * taps, stride: inputs * taps)
      workspace.borrow(as: T.self) { scratch in
        for item in strips * group / groups..<strips * (group + 1) / groups where !Interruption.isRequested {
          let (image, strip) = item.quotientAndRemainder(dividingBy: plan.strips)
          let grid = plan.range(strip, of: patches)
          let pixels = grid.count * patches.gridWidth
          if pixels == 0 { continue }
          let source = x + (image * inputs + first) * inputPlane
          let incoming = Matrix(
            base: g + (image * outputs * outputPlane + grid.lowerBound * patches.gridWidth), rows: outputs,
            columns: pixels, stride: outputPlane)
          var seen = Matrix(
            base: source + grid.lowerBound * patches.gridWidth, rows: count, columns: pixels, stride: inputPlane)
          if !isPointwise {
            patches.gather(source, planes: count, rows: grid, into: scratch)
            seen = Matrix(base: scratch, rows: count * taps, columns: pixels, stride: pixels)
          }
          GEMM.multiply(incoming, seen.transposed, into: sum, accumulate: true)
        }
      }
    }
    if groups > 1 {
      Kernel.run {
        let total = result.address(T.self)
        for group in 0..<groups {
          let part = dw + group * result.count
          for i in 0..<result.count { total[i] += part[i] }
        }
      }
    }
  }
}
