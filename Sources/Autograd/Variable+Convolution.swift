import Tensors

extension Variable {
  /// The convolution of images `[N, C, H, W]` with `weight` `[O, C, kh, kw]`, plus `bias` `[O]`: `[N, O, H', W']`.
  /// - Throws: `TensorError` where shapes or types don't fit; `Interrupted`.
  public func convolved(
    _ weight: Variable, bias: Variable? = nil, window: Convolution.Window = .init()
  ) throws -> Variable {
    let layer = try ConvolutionRecord(self, weight, bias, window)
    let output = try layer.forward(self, weight, bias)
    return Tape.record("conv2d", output, inputs: layer.inputs(self, weight, bias)) { try layer.gradients($0) }
  }
}

/// A convolution as the tape keeps it.
final class ConvolutionRecord {
  private let geometry: Convolution
  /// Until it has served.
  private var input: Activation?
  private let weight: Tensor
  private let wantsInput: Bool
  private let wantsWeight: Bool
  private let bias: (exists: Bool, wants: Bool)

  init(_ x: Variable, _ weight: Variable, _ bias: Variable?, _ window: Convolution.Window) throws {
    geometry = try Convolution(input: x.shape, weight: weight.shape, window: window)
    (input, self.weight) = (try x.activation(), weight.value)
    (wantsInput, wantsWeight) = (x.requiresGradient, weight.requiresGradient)
    self.bias = (bias != nil, bias?.requiresGradient ?? false)
  }

  func inputs(_ x: Variable, _ weight: Variable, _ bias: Variable?) -> [Variable] {
    [x, weight] + (bias.map { [$0] } ?? [])
  }

  /// Loads the input through its maps where it has some, and else from its value.
  func forward(_ x: Variable, _ weight: Variable, _ bias: Variable?) throws -> Tensor {
    if x.present == nil, let mapped = input?.mapped {
      return try geometry.forward(mapped.raw.current(), weight: self.weight, bias: bias?.value, maps: mapped.maps)
    }
    return try geometry.forward(x.value, weight: self.weight, bias: bias?.value)
  }

  var wantsAny: Bool { wantsInput || wantsWeight || bias.wants }

  /// The gradients of input, weight and bias from that of the output; to be had once.
  func gradients(_ gradient: Tensor) throws -> [Tensor?] {
    var gradients: [Tensor?] = [nil, nil]
    // The weights' gradient needs much scratch memory, so it comes before the input's is there.
    if wantsWeight, let (x, maps) = try input?.loaded() {
      gradients[1] = try geometry.weightGradient(gradient, input: x, maps: maps)
    }
    input = nil
    if wantsInput { gradients[0] = try geometry.inputGradient(gradient, weight: weight) }
    if bias.exists { gradients.append(bias.wants ? try gradient.channelSums() : nil) }
    return gradients
  }

  /// No gradient for anything.
  var nothing: [Tensor?] { [nil, nil] + (bias.exists ? [nil] : []) }
}
