/// What a user is told about an error, as data: rendered in one place, by the command or the prompt.
public struct Explanation: Sendable, Equatable {
  /// What went wrong, one sentence without a full stop.
  public var what: String
  /// Where: a file and line, an image, an argument.
  public var place: String?
  /// What would have been right.
  public var expected: String?
  /// What to do next.
  public var advice: String?

  public init(_ what: String, place: String? = nil, expected: String? = nil, advice: String? = nil) {
    (self.what, self.place, self.expected, self.advice) = (what, place, expected, advice)
  }

  /// The explanation as lines of text, most important first.
  public var text: String {
    var lines = [place.map { "\($0): \(what)" } ?? what]
    if let expected { lines.append("  expected: \(expected)") }
    if let advice { lines.append("  try: \(advice)") }
    return lines.joined(separator: "\n")
  }
}

/// An error that a user can cause. Every room has its own typed errors; what they share is that they explain themselves.
public protocol ExplainedError: Error, CustomStringConvertible, Sendable {
  var explanation: Explanation { get }
}

extension ExplainedError {
  public var description: String { explanation.text }
}

/// Tensors whose shapes, types or arguments don't fit what was asked of them.
public enum TensorError: ExplainedError, Equatable {
  /// `operation` got `found`, but needs `expected`.
  case shape(operation: String, found: String, expected: String)
  case type(operation: String, found: ElementType, expected: String)
  case argument(operation: String, name: String, found: String, expected: String)
  /// Memory for `bytes` bytes could not be had.
  case memory(bytes: Int, shape: [Int])

  public var explanation: Explanation {
    switch self {
    case .shape(let operation, let found, let expected):
      Explanation("\(operation): the shapes \(found) don't fit", expected: expected)
    case .type(let operation, let found, let expected):
      Explanation(
        "\(operation): a tensor of \(found.rawValue) doesn't fit", expected: expected,
        advice: "convert it with x:to(\"float32\")")
    case .argument(let operation, let name, let found, let expected):
      Explanation("\(operation): \(name) is \(found)", expected: expected)
    case .memory(let bytes, let shape):
      Explanation(
        "no memory for a tensor of shape \(shape) (\(bytes / 1_048_576) MB)",
        advice: "use a smaller batch, crop or image")
    }
  }
}

/// Thrown when the user asked to stop (Ctrl-C) while a kernel, a loader or a script was running.
public struct Interrupted: ExplainedError {
  public init() {}
  public var explanation: Explanation { Explanation("interrupted") }
}
