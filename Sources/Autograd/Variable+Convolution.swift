import Tensors

extension Variable {
  /// The convolution of images `[N, C, H, W]` with `weight` `[O, C, kh, kw]`, plus `bias` `[O]`: `[N, O, H', W']`.
  /// - Throws: `TensorError` where shapes or types don't fit; `Interrupted`.
  public func convolved(
    _ weight: Variable, bias: Variable? = nil, window: Convolution.Window = .init()
  ) throws -> Variable {
    let geometry = try Convolution(input: shape, weight: weight.shape, window: window)
    let (x, w) = (value, weight.value)
    let output = try geometry.forward(x, weight: w, bias: bias?.value)
    let (wantsInput, wantsWeight) = (requiresGradient, weight.requiresGradient)
    let wantsBias = bias?.requiresGradient ?? false
    return Tape.record("conv2d", output, inputs: [self, weight] + (bias.map { [$0] } ?? [])) { gradient in
      [
        wantsInput ? try geometry.inputGradient(gradient, weight: w) : nil,
        wantsWeight ? try geometry.weightGradient(gradient, input: x) : nil,
        wantsBias ? try gradient.channelSums() : nil,
      ]
    }
  }
}
