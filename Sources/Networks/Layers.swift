import Autograd
import Tensors

/// A convolution over `[N, C, H, W]` with PyTorch's parameter names `weight` `[O, C, k, k]` and `bias` `[O]`.
public final class Conv2d: Module {
  public let weight: Variable
  public let bias: Variable?
  public let window: Convolution.Window
  /// Beyond this a layer is a slip of the hand.
  static let mostWeights = 1 << 31

  /// - Parameters:
  ///   - padding: nil for as much as keeps the size at stride 1.
  ///   - initializer: of the weight; PyTorch's default where nil.
  /// - Throws: `NetworkError` for sizes that aren't positive.
  public init(
    inputs: Int, outputs: Int, kernel: Int, stride: Int = 1, padding: Int? = nil, dilation: Int = 1, bias: Bool = false,
    initializer: Initializer? = nil
  ) throws {
    for (name, value, least) in [
      ("inputs", inputs, 1), ("outputs", outputs, 1), ("kernel", kernel, 1), ("stride", stride, 1),
      ("dilation", dilation, 1), ("padding", padding ?? 0, 0),
    ] where value < least || value > 1 << 20 {
      throw NetworkError.argument(network: "Conv", name: name, found: "\(value)", expected: "at least \(least)")
    }
    let taps = kernel.multipliedReportingOverflow(by: kernel)
    let count = inputs.multipliedReportingOverflow(by: outputs)
    let total = count.partialValue.multipliedReportingOverflow(by: taps.partialValue)
    guard !taps.overflow, !count.overflow, !total.overflow, total.partialValue <= Conv2d.mostWeights else {
      throw NetworkError.argument(
        network: "Conv", name: "the number of weights", found: "\(outputs) × \(inputs) × \(kernel) × \(kernel)",
        expected: "at most \(Conv2d.mostWeights)")
    }
    window = .init(stride: stride, padding: padding ?? dilation * (kernel - 1) / 2, dilation: dilation)
    let standard = Initializer.standard(fanIn: inputs * kernel * kernel)
    weight = Variable(parameter: [outputs, inputs, kernel, kernel])
    self.bias = bias ? Variable(parameter: [outputs]) : nil
    super.init()
    addParameter("weight", weight, initializer ?? standard)
    if let bias = self.bias { addParameter("bias", bias, standard) }
  }

  public func callAsFunction(_ x: Variable) throws -> Variable {
    try x.convolved(weight.meeting(x), bias: bias?.meeting(x), window: window)
  }
}

/// Batch normalisation over `[N, C, H, W]` with PyTorch's names: `weight`, `bias`, `running_mean`, `running_var` `[C]` and
/// `num_batches_tracked`. ε is 1e-5, the momentum 0.1.
public final class BatchNorm2d: Module {
  public let weight: Variable
  public let bias: Variable
  public let runningMean: Tensor
  public let runningVariance: Tensor
  /// How many batches moved the running statistics, int64.
  public let batchesTracked: Tensor
  /// Whether running statistics are used, and kept as they are, in training too.
  public var isFrozen = false

  public init(channels: Int) {
    weight = Variable(parameter: [channels])
    bias = Variable(parameter: [channels])
    runningMean = Tensor(zeros: [channels])
    runningVariance = Tensor(filling: [channels], with: 1)
    batchesTracked = Tensor(zeros: [], .int64)
    super.init()
    addParameter("weight", weight, .constant(1))
    addParameter("bias", bias, .constant(0))
    addBuffer("running_mean", runningMean)
    addBuffer("running_var", runningVariance)
    addBuffer("num_batches_tracked", batchesTracked)
  }

  /// What the next pass, over `x`, normalises with; counts the pass if it moves the running statistics.
  func next(for x: Variable) -> BatchNormalization {
    let usesBatch = isTraining && !isFrozen
    if x.type != weight.type {
      // A check of gradients passes many times and is to leave no trace.
      return BatchNormalization(
        weight: weight.meeting(x), bias: bias.meeting(x), runningMean: runningMean.copy(),
        runningVariance: runningVariance.copy(), usesBatchStatistics: usesBatch)
    }
    if usesBatch {
      Kernel.run { Tensor.withPointers(batchesTracked, of: Int64.self) { $0.pointee += 1 } }
    }
    return BatchNormalization(
      weight: weight, bias: bias, runningMean: runningMean, runningVariance: runningVariance,
      usesBatchStatistics: usesBatch)
  }

  public func callAsFunction(_ x: Variable) throws -> Variable { try x.normalized(next(for: x)) }
}

/// `x · weightᵀ + bias` over the last dimension, with PyTorch's names `weight` `[O, I]` and `bias` `[O]`.
public final class Linear: Module {
  public let weight: Variable
  public let bias: Variable?

  /// - Throws: `NetworkError` for sizes that aren't positive.
  public init(inputs: Int, outputs: Int, bias: Bool = true) throws {
    for (name, value) in [("inputs", inputs), ("outputs", outputs)] where value < 1 || value > 1 << 15 {
      throw NetworkError.argument(network: "Linear", name: name, found: "\(value)", expected: "1 to \(1 << 15)")
    }
    weight = Variable(parameter: [outputs, inputs])
    self.bias = bias ? Variable(parameter: [outputs]) : nil
    super.init()
    addParameter("weight", weight, .standard(fanIn: inputs))
    if let bias = self.bias { addParameter("bias", bias, .standard(fanIn: inputs)) }
  }

  /// - Parameter x: `[…, I]`; the result is `[…, O]`.
  public func callAsFunction(_ x: Variable) throws -> Variable {
    guard x.shape.last == weight.shape[1] else {
      throw TensorError.shape(operation: "Linear", found: "\(x.shape)", expected: "[…, \(weight.shape[1])]")
    }
    let rows = try x.reshaped([x.value.count / weight.shape[1], weight.shape[1]])
    let product = try rows.matmul(weight.meeting(x).transposed(0, 1))
    let result = try bias.map { try product + $0.meeting(x) } ?? product
    return try result.reshaped(x.shape.dropLast() + [weight.shape[0]])
  }
}

/// Drops elements, or whole channels, in training only. What is dropped is a function of the network's randomness, of this
/// layer's path and of how many passes went before in the same iteration.
public final class DropoutLayer: Module {
  public let probability: Double
  public let wholeChannels: Bool
  private var name = ""
  private var now = Randomness(seed: 0, iteration: 0)
  private var passes = 0

  /// - Throws: `NetworkError` where the probability is not in 0..<1.
  public init(probability: Double, wholeChannels: Bool = false) throws {
    guard probability >= 0 && probability < 1 else {
      throw NetworkError.argument(
        network: "Dropout", name: "p", found: "\(probability)", expected: "at least 0 and less than 1")
    }
    (self.probability, self.wholeChannels) = (probability, wholeChannels)
    super.init()
  }

  public override func reseed(_ randomness: Randomness, name: String) {
    (now, self.name, passes) = (randomness, name, 0)
  }

  public func callAsFunction(_ x: Variable) throws -> Variable {
    guard isTraining && probability > 0 else { return x }
    defer { passes += 1 }
    let random = RandomStream(seed: now.seed, purpose: "dropout/" + name, epoch: now.iteration, index: passes)
    return try x.dropped(Dropout(probability: probability, wholeChannels: wholeChannels, random: random))
  }
}

extension Variable {
  /// A parameter without a value yet.
  public convenience init(parameter shape: [Int]) {
    self.init(Tensor(uninitialized: shape), requiresGradient: true)
  }

  /// A parameter in the type of what it meets, where that is float64: so a network computes, and is differentiated, in
  /// float64 where gradients are checked.
  func meeting(_ x: Variable) -> Variable { x.type == .float64 ? converted(to: .float64) : self }
}
