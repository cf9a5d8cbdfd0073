import Tensors

/// A tensor in a computation: its value, whether gradients are wanted, and the operation that made it.
public final class Variable {
  /// The value. Replaced only by the owner (an optimiser, a loader); recorded operations keep what they saved.
  public var value: Tensor
  /// The accumulated gradient of a leaf, shaped like the value; nil before the first `backward`.
  public var gradient: Tensor?
  /// Whether gradients flow to this variable.
  public private(set) var requiresGradient: Bool
  /// The operation that made it, if that was recorded.
  private(set) var operation: Operation?

  /// A leaf: an input, or a parameter when `requiresGradient`.
  public init(_ value: Tensor, requiresGradient: Bool = false) {
    self.value = value
    self.requiresGradient = requiresGradient
    operation = nil
  }

  init(_ value: Tensor, operation: Operation) {
    self.value = value
    requiresGradient = true
    self.operation = operation
  }

  public var shape: [Int] { value.shape }
  public var type: ElementType { value.type }
  /// Whether this variable was not made by a recorded operation.
  public var isLeaf: Bool { operation == nil }

  /// Asks for gradients from now on (only leaves of a floating type can).
  public func requireGradient(_ wanted: Bool = true) throws {
    guard value.type.isFloating else {
      throw TensorError.type(operation: "requires_grad_", found: value.type, expected: "float32 or float64")
    }
    guard isLeaf else {
      throw TensorError.argument(
        operation: "requires_grad_", name: "tensor", found: "the result of \(operation!.name)",
        expected: "a tensor that no recorded operation made; use x:detach() first")
    }
    requiresGradient = wanted
  }

  /// The same value without history.
  public func detached() -> Variable { Variable(value) }

  /// Runs the chain rule from this variable back to the leaves and adds to their gradients. The record is then given up.
  /// - Parameter seed: the gradient of what is differentiated with respect to this variable; 1 for a single number.
  /// - Throws: `TensorError` where no seed is given for more than one element; `Interrupted`.
  public func backward(_ seed: Tensor? = nil) throws {
    guard requiresGradient else {
      throw TensorError.argument(
        operation: "backward", name: "tensor", found: "independent of every tensor that requires gradients",
        expected: "the result of operations on such tensors")
    }
    guard seed != nil || value.count == 1 else {
      throw TensorError.shape(
        operation: "backward", found: "\(shape)", expected: "a single number; give a seed gradient for anything else")
    }
    try Tape.backward(from: self, seed: seed ?? Tensor(filling: shape, with: 1, type))
  }
}
