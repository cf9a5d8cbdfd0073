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
      value, norm, residual, relu, name: "batch_norm", inputs: [self], isOwned: false,
      wantsInput: requiresGradient
    ) { [$0] }
  }

  /// Convolution, batch normalisation, a residual and a ReLU as one operation, which keeps the convolution's raw output and
  /// nothing else: the result is made again on the way back, or never written at all where convolutions alone use it.
  public func convolved(
    _ weight: Variable, bias: Variable? = nil, window: Convolution.Window, norm: BatchNormalization,
    residual: Variable? = nil, relu: Bool
  ) throws -> Variable {
    let layer = try ConvolutionRecord(self, weight, bias, window)
    let raw = try layer.forward(self, weight, bias)
    return try Variable.normalize(
      raw, norm, residual, relu, name: "conv2d + batch_norm", inputs: layer.inputs(self, weight, bias), isOwned: true,
      wantsInput: layer.wantsAny
    ) { gradient in
      try gradient.map(layer.gradients) ?? layer.nothing
    }
  }

  /// - Parameters:
  ///   - isOwned: nobody else needs `x`, so that without a recording the result may be written over it.
  ///   - wantsInput: whether the gradient of `x` is needed.
  ///   - back: the gradients of `inputs` from that of `x`.
  private static func normalize(
    _ x: Tensor, _ norm: BatchNormalization, _ residual: Variable?, _ relu: Bool, name: String, inputs: [Variable],
    isOwned: Bool, wantsInput: Bool, back: @escaping (Tensor?) throws -> [Tensor?]
  ) throws -> Variable {
    let all = inputs + [norm.weight, norm.bias] + (residual.map { [$0] } ?? [])
    let isRecorded = Tape.isRecording && all.contains(where: \.requiresGradient)
    let weight = norm.weight.value
    let statistics = try norm.statistics(of: x)
    let maps = try statistics.maps(weight: weight, bias: norm.bias.value, relu: relu, for: x)
    if let residual, residual.shape != x.shape || residual.type != x.type {
      throw TensorError.shape(
        operation: "batch norm", found: "\(x.shape) and residual \(residual.shape)", expected: "one shape and type")
    }
    let added = try residual?.activation()
    let saved = try SavedTensor(x, mayRound: isRecorded && isOwned, for: maps, residual: residual?.value)
    let output: Activation
    let held: Variable.Held
    if residual == nil && isOwned {
      output = Activation(Activation.Mapped(raw: saved, maps: maps), isDisposable: !isRecorded)
      held = isRecorded ? .raw(x) : .nothing
    } else {
      // The residual's variable still holds its value, and others may change `x` later: the result is made now.
      let value = try maps.applied(to: x, residual: residual?.value, reusing: isOwned && !isRecorded)
      held = .value(value)
      output =
        isRecorded
        ? Activation(of: value) { try maps.applied(to: saved.value(), residual: try added?.value()) }
        : Activation(try SavedTensor(value, mayRound: false))
    }
    let wantsResidual = residual?.requiresGradient ?? false
    var marked = maps
    marked.isMarked = saved.isMarked
    var last: SavedTensor? = saved
    return Tape.record(name, output, held: held, inputs: all) { [marked] gradient in
      let gradients: Normalization.Gradients
      do {
        // Nothing needs `x` after this, so that its memory serves the convolution's gradients.
        guard let saved = last.take() else { preconditionFailure("gradients are to be had once") }
        gradients = try statistics.gradients(
          &gradient, x: try saved.value(), residual: try added?.value(), maps: marked, weight: weight,
          wantsInput: wantsInput, wantsResidual: wantsResidual)
        saved.release()
      }
      return try back(gradients.input) + [gradients.weight, gradients.bias]
        + (added == nil ? [] : [gradients.residual])
    }
  }
}
