import Autograd
import Tensors

/// How well a state has to fit a network.
public enum StateMatching: Sendable {
  /// Names and shapes are the network's.
  case exact
  /// Names are the network's; entries of another shape, such as a classifier of other classes, are left as they were. This is how
  /// the published system loads.
  case names
  /// What fits is taken.
  case whatFits
}

extension Module {
  /// Copies values into parameters and buffers by name, converting types.
  ///
  /// Nothing is changed unless everything fits as `matching` wants it. Batch counters may be missing (files from before they existed);
  /// they start at 0.
  /// - Returns: what did not fit.
  /// - Throws: `NetworkError.state` with the first names that don't fit.
  @discardableResult
  public func load(_ values: [String: Tensor], matching: StateMatching = .exact) throws -> StateMismatch {
    let own = state()
    let mismatch = compare(values, with: own)
    let fits =
      switch matching {
      case .exact: mismatch.isEmpty
      case .names: mismatch.missing.isEmpty && mismatch.unexpected.isEmpty
      case .whatFits: true
      }
    if !fits { throw NetworkError.state(network: kind, mismatch) }
    let skipped = Set(mismatch.misshaped.map(\.name))
    let variables = Dictionary(uniqueKeysWithValues: parameters().map { ($0.name, $0.variable) })
    for (name, tensor) in own where !skipped.contains(name) {
      guard let value = values[name] else {
        if Module.isCounter(name) { tensor.fill(0) }
        continue
      }
      if let variable = variables[name], tensor.buffer.recordings > 0 {
        // A recorded operation still needs the old values.
        variable.value = Tensor(uninitialized: tensor.shape, tensor.type)
        variable.value.assign(try value.reshaped(tensor.shape))
      } else {
        tensor.assign(try value.reshaped(tensor.shape))
      }
    }
    return mismatch
  }

  static func isCounter(_ name: String) -> Bool { name.split(separator: ".").last == "num_batches_tracked" }

  private func compare(_ values: [String: Tensor], with own: [(name: String, tensor: Tensor)]) -> StateMismatch {
    var mismatch = StateMismatch()
    for (name, tensor) in own {
      guard let value = values[name] else {
        if !Module.isCounter(name) { mismatch.missing.append(name) }
        continue
      }
      // A number may be stored with or without a dimension.
      if value.shape != tensor.shape, value.count != 1 || tensor.count != 1 {
        mismatch.misshaped.append(.init(name: name, found: value.shape, expected: tensor.shape))
      }
    }
    let known = Set(own.map(\.name))
    mismatch.unexpected = values.keys.filter { !known.contains($0) }.sorted()
    return mismatch
  }

  /// Stops learning parameters whose state-dict key satisfies `matches`.
  /// - Returns: how many parameters that are.
  @discardableResult
  public func freeze(where matches: (String) -> Bool) throws -> Int {
    let matched = parameters().filter { matches($0.name) }
    for (_, variable) in matched {
      try variable.requireGradient(false)
      variable.gradient = nil
    }
    return matched.count
  }

  /// Makes batch norms whose path satisfies `matches` use, and keep, their running statistics while training too. Their
  /// weight and bias are still learnt.
  /// - Returns: how many norms that are.
  @discardableResult
  public func freezeNorm(where matches: (String) -> Bool) -> Int {
    let matched = modules().compactMap { name, module in matches(name) ? module as? BatchNorm2d : nil }
    for norm in matched { norm.isFrozen = true }
    return matched.count
  }

  /// `freeze(where:)` with a regular expression that is searched for in each key.
  /// - Throws: `NetworkError.pattern` where it is none, or matches nothing.
  @discardableResult
  public func freeze(_ pattern: String) throws -> Int {
    let matches = try Module.matcher(pattern)
    return try Module.atLeastOne(pattern, try freeze(where: matches))
  }

  /// `freezeNorm(where:)` with a regular expression that is searched for in each path.
  /// - Throws: `NetworkError.pattern` where it is none, or matches nothing.
  @discardableResult
  public func freezeNorm(_ pattern: String) throws -> Int {
    let matches = try Module.matcher(pattern)
    return try Module.atLeastOne(pattern, freezeNorm(where: matches))
  }

  private static func matcher(_ pattern: String) throws -> (String) -> Bool {
    guard let regex = try? Regex(pattern) else {
      throw NetworkError.pattern(pattern, problem: "is no regular expression")
    }
    return { $0.contains(regex) }
  }

  private static func atLeastOne(_ pattern: String, _ count: Int) throws -> Int {
    if count == 0 { throw NetworkError.pattern(pattern, problem: "matches nothing here") }
    return count
  }
}
