import Autograd
import Tensors

/// A part of a network: parameters, buffers and smaller parts, each under a name.
///
/// Names join with dots to PyTorch's state-dict keys, in the order of registration. A part registered under an empty name
/// lends its own names to its owner.
open class Module {
  /// What gradients are wanted for, and how it starts.
  final class Parameter {
    let variable: Variable
    let initializer: Initializer

    init(_ variable: Variable, _ initializer: Initializer) {
      (self.variable, self.initializer) = (variable, initializer)
    }
  }

  private enum Entry {
    case parameter(Parameter)
    case buffer(Tensor)
    case part(Module)
  }

  private var entries: [(name: String, entry: Entry)] = []

  /// Whether the module is being trained: norms use the batch's statistics and dropout drops.
  public var isTraining = false {
    didSet { for part in parts { part.module.isTraining = isTraining } }
  }

  /// What dropout is a function of; a trainer sets it before each iteration.
  public struct Randomness: Sendable, Equatable {
    public var seed: UInt64
    public var iteration: Int

    public init(seed: UInt64, iteration: Int) { (self.seed, self.iteration) = (seed, iteration) }
  }

  public var randomness = Randomness(seed: 0, iteration: 0) {
    didSet { reseed(randomness, name: "") }
  }

  public init() {}

  /// What this module is called in messages.
  open var kind: String { "\(type(of: self))" }

  /// Takes the randomness of an iteration; `name` is this module's path in its network.
  open func reseed(_ randomness: Randomness, name: String) {
    for part in parts { part.module.reseed(randomness, name: Module.join(name, part.name)) }
  }

  /// Registers a parameter; `initializer` says how it starts.
  public func addParameter(_ name: String, _ variable: Variable, _ initializer: Initializer) {
    entries.append((name, .parameter(Parameter(variable, initializer))))
  }

  /// Registers a tensor that is state but no parameter; it is changed in place.
  public func addBuffer(_ name: String, _ tensor: Tensor) {
    entries.append((name, .buffer(tensor)))
  }

  /// Registers a part and gives it back.
  @discardableResult
  public func add<Part: Module>(_ name: String, _ part: Part) -> Part {
    entries.append((name, .part(part)))
    part.isTraining = isTraining
    return part
  }

  /// The parts that this module owns directly.
  public var parts: [(name: String, module: Module)] {
    entries.compactMap { name, entry in
      if case .part(let part) = entry { (name, part) } else { nil }
    }
  }

  /// This module and all below it with their paths, owners first.
  public func modules() -> [(name: String, module: Module)] {
    [("", self)]
      + parts.flatMap { part in
        part.module.modules().map { (Module.join(part.name, $0.name), $0.module) }
      }
  }

  /// A name below an owner's.
  public static func join(_ owner: String, _ name: String) -> String {
    owner.isEmpty ? name : name.isEmpty ? owner : owner + "." + name
  }

  private func collect<T>(_ own: (Entry) -> T?) -> [(name: String, value: T)] {
    entries.flatMap { name, entry -> [(name: String, value: T)] in
      if case .part(let part) = entry {
        return part.collect(own).map { (Module.join(name, $0.name), $0.value) }
      }
      return own(entry).map { [(name, $0)] } ?? []
    }
  }

  func namedParameters() -> [(name: String, value: Parameter)] {
    collect { if case .parameter(let parameter) = $0 { parameter } else { nil } }
  }

  /// All parameters with their state-dict keys, in PyTorch's order.
  public func parameters() -> [(name: String, variable: Variable)] {
    namedParameters().map { ($0.name, $0.value.variable) }
  }

  /// All parameters and buffers with their state-dict keys, in PyTorch's order. The memory is shared with the network.
  public func state() -> [(name: String, tensor: Tensor)] {
    collect { entry in
      switch entry {
      case .parameter(let parameter): parameter.variable.value
      case .buffer(let tensor): tensor
      case .part: nil
      }
    }.map { ($0.name, $0.value) }
  }

  /// Number of values that are learnt.
  public var parameterCount: Int { parameters().reduce(0) { $0 + $1.variable.value.count } }

  /// Forgets accumulated gradients.
  public func clearGradients() {
    for (_, variable) in parameters() { variable.gradient = nil }
  }
}
