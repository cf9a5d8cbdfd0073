import Tensors

extension Variable {
  /// exp(x) / Σ exp(x) over `dimension`.
  public func softmax(_ dimension: Int) throws -> Variable {
    let output = try value.softmax(dimension)
    return Tape.record("softmax", output, inputs: [self]) {
      [try Tensor.softmaxGradient($0, result: output, dimension: dimension)]
    }
  }

  /// x − log Σ exp(x) over `dimension`.
  public func logSoftmax(_ dimension: Int) throws -> Variable {
    let output = try value.logSoftmax(dimension)
    return Tape.record("log_softmax", output, inputs: [self]) {
      [try Tensor.logSoftmaxGradient($0, result: output, dimension: dimension)]
    }
  }

  /// The mean cross entropy of logits `[N, K, H, W]`, and how many pixels had a class.
  ///
  /// Where no pixel has one, the loss is 0 and its gradient zero. With weights the mean is weighted, as PyTorch has it.
  /// - Parameters:
  ///   - labels: integers `[N, H', W']`; where their size is another one, they are resized by nearest first.
  ///   - ignore: the label of pixels without a class; negative labels are never a class.
  ///   - weights: one factor per class.
  /// - Throws: `TensorError` where shapes don't fit or a label is no class; `Interrupted`.
  public func crossEntropy(
    labels: Tensor, ignore: Int = -1, weights: [Double]? = nil
  ) throws -> (loss: Variable, validPixels: Int) {
    var labels = labels
    if shape.count == 4, labels.rank == 3, labels.shape.dropFirst() != shape.dropFirst(2) {
      labels = try labels.resized(height: shape[2], width: shape[3], .nearest)
    }
    let terms = try CrossEntropy(value, labels: labels, ignore: ignore, weights: weights)
    let loss = Tape.record("cross_entropy", Tensor(scalar: terms.mean, type), inputs: [self]) { gradient in
      [try terms.gradient(scale: terms.weight > 0 ? gradient.item / terms.weight : 0)]
    }
    return (loss, terms.validPixels)
  }

  /// The mean cross entropy of logits `[N, K, H, W]` against a distribution over the classes at each pixel.
  /// - Parameter softTargets: shaped like the logits; a pixel with zeros only is not counted.
  public func crossEntropy(softTargets: Tensor) throws -> (loss: Variable, validPixels: Int) {
    let terms = try SoftCrossEntropy(value, targets: softTargets.converted(to: type))
    let loss = Tape.record("cross_entropy", Tensor(scalar: terms.mean, type), inputs: [self]) { gradient in
      [try terms.gradient(scale: terms.validPixels > 0 ? gradient.item / Double(terms.validPixels) : 0)]
    }
    return (loss, terms.validPixels)
  }
}
