import Autograd
import Tensors

/// One fused layer: convolution, batch normalisation, an optional residual and an optional ReLU.
///
/// Its parts register under two names of the caller's choice, since published networks differ in them.
public final class ConvNorm: Module {
  public let conv: Conv2d
  /// Nil for a layer without a norm.
  public let norm: BatchNorm2d?
  public let relu: Bool

  /// - Parameters:
  ///   - names: of the convolution and of the norm.
  ///   - padding: nil for as much as keeps the size at stride 1.
  /// - Throws: `NetworkError` for sizes that aren't positive.
  public init(
    inputs: Int, outputs: Int, kernel: Int, stride: Int = 1, padding: Int? = nil, dilation: Int = 1, bias: Bool = false,
    norm: Bool = true, relu: Bool = true, names: (conv: String, norm: String) = ("0", "1"),
    initializer: Initializer? = nil
  ) throws {
    conv = try Conv2d(
      inputs: inputs, outputs: outputs, kernel: kernel, stride: stride, padding: padding, dilation: dilation,
      bias: bias,
      initializer: initializer)
    self.norm = norm ? BatchNorm2d(channels: outputs) : nil
    self.relu = relu
    super.init()
    add(names.conv, conv)
    if let norm = self.norm { add(names.norm, norm) }
  }

  /// - Parameters:
  ///   - x: `[N, C, H, W]`.
  ///   - residual: shaped like the result; added before the ReLU.
  public func callAsFunction(_ x: Variable, residual: Variable? = nil) throws -> Variable {
    if let norm {
      return try x.convolved(
        conv.weight.meeting(x), bias: conv.bias?.meeting(x), window: conv.window, norm: norm.next(for: x),
        residual: residual, relu: relu)
    }
    let y = try conv(x)
    if residual == nil && !relu { return y }
    return try Variable.sum([y] + (residual.map { [$0] } ?? []), relu: relu)
  }
}

/// Two 3×3 convolutions with a shortcut around them (He et al. 2016).
public final class BasicBlock: Module {
  private let first: ConvNorm
  private let second: ConvNorm

  public init(channels: Int) throws {
    first = try ConvNorm(inputs: channels, outputs: channels, kernel: 3, names: ("conv1", "bn1"))
    second = try ConvNorm(inputs: channels, outputs: channels, kernel: 3, names: ("conv2", "bn2"))
    super.init()
    add("", first)
    add("", second)
  }

  public func callAsFunction(_ x: Variable) throws -> Variable { try second(first(x), residual: x) }
}

/// 1×1, 3×3 and 1×1 convolutions with a shortcut around them, which has a 1×1 convolution of its own where shapes change
/// (He et al. 2016). The stride, if any, is the 3×3 convolution's.
public final class Bottleneck: Module {
  /// Output channels per plane.
  public static let expansion = 4

  private let layers: [ConvNorm]
  private let shortcut: ConvNorm?

  /// - Parameter initialization: how a convolution's weights start, from its outputs and kernel; PyTorch's default where nil.
  public init(
    inputs: Int, planes: Int, stride: Int = 1, dilation: Int = 1,
    initialization: ((_ outputs: Int, _ kernel: Int) -> Initializer)? = nil
  ) throws {
    let outputs = planes * Bottleneck.expansion
    layers = [
      try ConvNorm(
        inputs: inputs, outputs: planes, kernel: 1, names: ("conv1", "bn1"), initializer: initialization?(planes, 1)),
      try ConvNorm(
        inputs: planes, outputs: planes, kernel: 3, stride: stride, dilation: dilation, names: ("conv2", "bn2"),
        initializer: initialization?(planes, 3)),
      try ConvNorm(
        inputs: planes, outputs: outputs, kernel: 1, names: ("conv3", "bn3"), initializer: initialization?(outputs, 1)),
    ]
    shortcut =
      inputs == outputs && stride == 1
      ? nil
      : try ConvNorm(
        inputs: inputs, outputs: outputs, kernel: 1, stride: stride, relu: false,
        initializer: initialization?(outputs, 1))
    super.init()
    for layer in layers { add("", layer) }
    if let shortcut { add("downsample", shortcut) }
  }

  public func callAsFunction(_ x: Variable) throws -> Variable {
    try layers[2](layers[1](layers[0](x)), residual: shortcut.map { try $0(x) } ?? x)
  }
}
