import Tensors

/// How a state differs from what a network expects: names in the network's order, then in the state's.
public struct StateMismatch: Sendable, Equatable {
  /// A tensor whose shape is not the network's.
  public struct Shape: Sendable, Equatable {
    public let name: String
    public let found: [Int]
    public let expected: [Int]
  }

  /// In the network, not in the state.
  public var missing: [String] = []
  /// In the state, not in the network.
  public var unexpected: [String] = []
  public var misshaped: [Shape] = []

  public init(missing: [String] = [], unexpected: [String] = [], misshaped: [Shape] = []) {
    (self.missing, self.unexpected, self.misshaped) = (missing, unexpected, misshaped)
  }

  public var isEmpty: Bool { missing.isEmpty && unexpected.isEmpty && misshaped.isEmpty }

  /// What to tell where entries of other shapes were left as they were; nil where there are none.
  public var leftAlone: String? {
    misshaped.isEmpty
      ? nil
      : StateMismatch(misshaped: misshaped).lines.joined().replacing("of another shape", with: "left as they were")
  }

  /// The first few names of each kind and how many there are.
  public var lines: [String] {
    func line(_ kind: String, _ names: [String]) -> [String] {
      let shown = 4
      if names.isEmpty { return [] }
      let rest = names.count > shown ? " and \(names.count - shown) more" : ""
      return ["\(kind) (\(names.count)): " + names.prefix(shown).joined(separator: ", ") + rest]
    }
    return line("missing", missing) + line("unexpected", unexpected)
      + line("of another shape", misshaped.map { "\($0.name) \($0.found) instead of \($0.expected)" })
  }
}

/// What can go wrong between a user and a network.
public enum NetworkError: ExplainedError, Equatable {
  /// A network was asked for that can't be built.
  case argument(network: String, name: String, found: String, expected: String)
  /// Images that the network can't take.
  case input(network: String, found: [Int], expected: String)
  /// A checkpoint of another network.
  case state(network: String, StateMismatch)
  /// Names of no built-in network.
  case unrecognized(found: [String])
  /// Some of a network's names, but not all, or of shapes that don't go together.
  case incomplete(network: String, StateMismatch)
  /// One image in training, where a norm has the mean of a whole map as its only value per channel.
  case singleImage(network: String, norm: String)
  /// A pattern that matches no parameter or norm, or is no pattern at all.
  case pattern(String, problem: String)

  public var explanation: Explanation {
    switch self {
    case .argument(let network, let name, let found, let expected):
      Explanation("\(network): \(name) is \(found)", expected: expected)
    case .input(let network, let found, let expected):
      Explanation("\(network): images of shape \(found)", expected: expected)
    case .state(let network, let mismatch):
      Explanation(
        (["these weights don't fit \(network)"] + mismatch.lines).joined(separator: "\n  "),
        advice: "build the network that the weights were saved from (same kind, width and number of classes)")
    case .unrecognized(let found):
      Explanation(
        "the names of these weights (\(found.prefix(4).joined(separator: ", "))"
          + (found.count > 4 ? ", … \(found.count) in all" : "") + ") are those of no built-in network",
        expected: NetworkRecognition.marks.sorted { $0.key < $1.key }.map { "\($0.value) (\($0.key))" }.joined(
          separator: ", or "),
        advice: "--recipe FILE.lua builds the network that a recipe describes; a backbone alone has to be trained first"
      )
    case .incomplete(let network, let mismatch):
      Explanation(
        (["these weights have names of \(network), but not as it has them"] + mismatch.lines).joined(
          separator: "\n  "),
        expected: "the weights of a whole \(network), with its classifier and embedding layer",
        advice: "--recipe FILE.lua builds the network that a recipe describes")
    case .singleImage(let network, let norm):
      Explanation(
        "\(network): one image in training leaves the batch norm \(norm) one value per channel, which has no variance",
        expected: "a batch of at least two images",
        advice: "a larger batch, or net:freeze_norm(\"\(norm)\"), so that it normalises by its running statistics")
    case .pattern(let pattern, let problem):
      Explanation("the pattern \"\(pattern)\" \(problem)", expected: "a pattern that matches names of this network")
    }
  }
}
