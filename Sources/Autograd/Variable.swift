import Tensors

/// A tensor in a computation: its value, whether gradients are wanted, and the operation that made it.
public final class Variable {
  /// The accumulated gradient of a leaf, shaped like the value; nil before the first `backward`.
  public var gradient: Tensor?
  /// Whether gradients flow to this variable.
  public private(set) var requiresGradient: Bool
  /// The operation that made it, if that was recorded.
  private(set) var operation: Operation?
  private var stored: Tensor?
  /// What operations keep of it; made for the asking where the value is simply there.
  private var origin: Activation?
  /// What the value is made from, so that it stays exact where only a rounded copy is kept for the way back.
  private var raw: Tensor?

  /// What a variable holds beside what operations keep of it.
  enum Held {
    case nothing
    case value(Tensor)
    case raw(Tensor)
  }

  /// A leaf: an input, or a parameter when `requiresGradient`.
  public init(_ value: Tensor, requiresGradient: Bool = false) {
    stored = value
    self.requiresGradient = requiresGradient
  }

  init(_ value: Tensor, operation: Operation) {
    stored = value
    requiresGradient = true
    self.operation = operation
  }

  /// A variable whose value is made when it is first asked for, if it is not held already.
  init(_ origin: Activation, held: Held, operation: Operation?) {
    switch held {
    case .nothing: break
    case .value(let value): stored = value
    case .raw(let raw): self.raw = raw
    }
    (self.origin, self.operation) = (origin, operation)
    requiresGradient = operation != nil
  }

  /// The value. Replaced only by the owner (an optimiser, a loader); recorded operations keep what they saved.
  public var value: Tensor {
    get {
      if let stored { return stored }
      guard let origin else { preconditionFailure("a variable without a value") }
      // Making it fails only if the user wants to stop, and then the next operation says so.
      let tensor = (try? origin.current()) ?? Tensor(zeros: origin.shape, origin.type)
      if operation != nil { origin.mark(Tape.currentSite?()) }
      (stored, raw) = (tensor, nil)
      return tensor
    }
    set { (stored, origin, raw) = (newValue, nil, nil) }
  }

  /// The value if it is there already.
  var present: Tensor? { stored }

  /// Number of elements; the value need not be there for it.
  public var count: Int { shape.reduce(1, *) }

  /// Bytes of the memory that the value lies in, or would take if it were made.
  public var byteCount: Int { stored?.buffer.byteCount ?? count * type.byteCount }

  /// What an operation on this variable keeps for its backward pass; all of them share it.
  /// - Throws: `Interrupted`.
  func activation() throws -> Activation {
    if let origin { return origin }
    // A leaf's value stays with its owner, who may also change it.
    let activation = Activation(try SavedTensor(value, mayRound: !isLeaf))
    if !isLeaf { origin = activation }
    return activation
  }

  public var shape: [Int] { stored?.shape ?? origin!.shape }
  public var type: ElementType { stored?.type ?? origin!.type }
  /// Whether this variable was not made by a recorded operation.
  public var isLeaf: Bool { operation == nil }

  /// Asks for gradients from now on (only leaves of a floating type can).
  public func requireGradient(_ wanted: Bool = true) throws {
    guard type.isFloating else {
      throw TensorError.type(operation: "requires_grad_", found: type, expected: "float32 or float64")
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
  /// - Parameters:
  ///   - seed: the gradient of what is differentiated with respect to this variable; 1 for a single number.
  ///   - complete: called with each leaf as soon as its gradient is complete; it may use the gradient up, and even change
  ///     the leaf's value, which no operation needs by then.
  /// - Throws: `TensorError` where no seed is given for more than one element; `Interrupted`; what `complete` throws.
  public func backward(_ seed: Tensor? = nil, complete: ((Variable) throws -> Void)? = nil) throws {
    guard requiresGradient else {
      throw TensorError.argument(
        operation: "backward", name: "tensor", found: "independent of every tensor that requires gradients",
        expected: "the result of operations on such tensors")
    }
    guard seed != nil || value.count == 1 else {
      throw TensorError.shape(
        operation: "backward", found: "\(shape)", expected: "a single number; give a seed gradient for anything else")
    }
    try Tape.backward(from: self, seed: seed ?? Tensor(filling: shape, with: 1, type), complete: complete)
  }
}
