import Tensors

/// What batch normalisation needs beside its input: parameters, running statistics and which statistics to use.
public struct BatchNormalization {
  /// `[C]`, as are the others.
  public var weight: Variable
  public var bias: Variable
  public var runningMean: Tensor
  public var runningVariance: Tensor
  /// Whether to normalise by the batch's own statistics, and move the running ones, or by the running ones as they are.
  public var usesBatchStatistics: Bool
  public var momentum = 0.1
  public var epsilon = 1e-5

  public init(
    weight: Variable, bias: Variable, runningMean: Tensor, runningVariance: Tensor, usesBatchStatistics: Bool
  ) {
    (self.weight, self.bias) = (weight, bias)
    (self.runningMean, self.runningVariance) = (runningMean, runningVariance)
    self.usesBatchStatistics = usesBatchStatistics
  }

  func statistics(of x: Tensor) throws -> Normalization {
    usesBatchStatistics
      ? try Normalization(of: x, epsilon: epsilon, momentum: momentum, running: (runningMean, runningVariance))
      : try Normalization(mean: runningMean, variance: runningVariance, epsilon: epsilon)
  }
}

extension Variable {
  /// Batch normalisation of `[N, C, H, W]` per channel, then, if asked, a residual added and a ReLU.
  /// - Throws: `TensorError` where shapes don't fit, or where the batch has one value per channel while its own statistics
  ///   are used; `Interrupted`.
  public func normalized(
    _ norm: BatchNormalization, residual: Variable? = nil, relu: Bool = false
  ) throws -> Variable {
    try Variable.normalize(
      value, norm, residual, relu, name: "batch_norm", inputs: [self], isOwned: false
    ) { [requiresGradient] in
      [requiresGradient ? $0() : nil]
    }
  }

  /// Convolution, batch normalisation, a residual and a ReLU as one operation, which keeps the convolution's raw output and
  /// its own result and nothing in between.
  public func convolved(
    _ weight: Variable, bias: Variable? = nil, window: Convolution.Window, norm: BatchNormalization,
    residual: Variable? = nil, relu: Bool
  ) throws -> Variable {
    let geometry = try Convolution(input: shape, weight: weight.shape, window: window)
    let (x, w) = (value, weight.value)
    let raw = try geometry.forward(x, weight: w, bias: bias?.value)
    let (wantsInput, wantsWeight) = (requiresGradient, weight.requiresGradient)
    let (hasBias, wantsBias) = (bias != nil, bias?.requiresGradient ?? false)
    return try Variable.normalize(
      raw, norm, residual, relu, name: "conv2d + batch_norm", inputs: [self, weight] + (bias.map { [$0] } ?? []),
      isOwned: true
    ) { raw in
      var gradients: [Tensor?] = [nil, nil]
      if hasBias { gradients.append(nil) }
      guard wantsInput || wantsWeight || wantsBias, let gradient = raw() else { return gradients }
      if wantsInput { gradients[0] = try geometry.inputGradient(gradient, weight: w) }
      if wantsWeight { gradients[1] = try geometry.weightGradient(gradient, input: x) }
      if wantsBias { gradients[2] = try gradient.channelSums() }
      return gradients
    }
  }

  /// - Parameters:
  ///   - isOwned: nobody else needs `x`, so that without a recording the result may be written over it.
  ///   - back: the gradients of `inputs`, from a function that gives the gradient of `x`.
  private static func normalize(
    _ x: Tensor, _ norm: BatchNormalization, _ residual: Variable?, _ relu: Bool, name: String, inputs: [Variable],
    isOwned: Bool, back: @escaping (() -> Tensor?) throws -> [Tensor?]
  ) throws -> Variable {
    let all = inputs + [norm.weight, norm.bias] + (residual.map { [$0] } ?? [])
    let isRecorded = Tape.isRecording && all.contains(where: \.requiresGradient)
    let wantsInput = inputs.contains(where: \.requiresGradient)
    let weight = norm.weight.value
    let (hasResidual, wantsResidual) = (residual != nil, residual?.requiresGradient ?? false)
    let statistics = try norm.statistics(of: x)
    let y = try statistics.apply(
      to: x, weight: weight, bias: norm.bias.value, residual: residual?.value, relu: relu,
      reusing: isOwned && !isRecorded)
    return Tape.record(name, y, inputs: all) { gradient in
      let gradients = try statistics.gradients(
        gradient, x: x, result: relu ? y : nil, weight: weight, wantsInput: wantsInput, wantsResidual: wantsResidual)
      return try back { gradients.input } + [gradients.weight, gradients.bias]
        + (hasResidual ? [gradients.residual] : [])
    }
  }
}
