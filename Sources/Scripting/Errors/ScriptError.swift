import Tensors

/// What a script can do wrong.
public enum ScriptError: ExplainedError {
  /// An argument of another type or value.
  case argument(function: String, position: Int, label: String?, found: String, expected: String, site: SourceSite?)
  /// A method called on something else: `x.add(y)` for `x:add(y)`.
  case receiver(function: String, found: String, expected: String, site: SourceSite?)
  /// A field of a table or configuration of another type or value; `path` as in `loss[2].weight`.
  case field(function: String, path: String, found: String, expected: String, site: SourceSite?)
  case missing(function: String, key: String, expected: String, site: SourceSite?)
  case unknownKey(function: String, key: String, known: [String], site: SourceSite?)
  case noMember(of: String, key: String, known: [String], site: SourceSite?)
  /// A global that nothing was assigned to.
  case undefined(name: String, like: String?, site: SourceSite?)
  /// A Lua function whose result is of another type.
  case result(function: String, found: String, expected: String, site: SourceSite?)
  /// A call that is right by itself and can't be done now.
  case refused(function: String, what: String, advice: String?, site: SourceSite?)
  /// Lua text that can't be translated; the message begins with its place.
  case syntax(message: String)
  /// An error raised while Lua ran; the message begins with its place where there is one.
  case raised(message: String, traceback: String, cause: (any Error & Sendable)?)
  /// Lua's own memory would outgrow its limit.
  case memory(site: SourceSite?)
  case unreadable(path: String, exists: Bool)
  case module(name: String, what: String, advice: String?, site: SourceSite?)
  /// A write outside of where our functions may write.
  case writeForbidden(path: String, allowed: [String])
  /// Nobody reads what is printed any more.
  case outputClosed

  public var explanation: Explanation {
    switch self {
    case .argument(let function, let position, let label, let found, let expected, let site):
      Explanation(
        "\(function): argument \(position)\(label.map { " (\($0))" } ?? "") is \(found)", place: site?.text,
        expected: expected)
    case .receiver(let function, let found, let expected, let site):
      Explanation(
        "\(function): what it is called on is \(found)", place: site?.text, expected: expected,
        advice: "call it with a colon, as object:\(function.split(separator: ":").last ?? "")(…)")
    case .field(let function, let path, let found, let expected, let site):
      Explanation("\(function): \(path) is \(found)", place: site?.text, expected: expected)
    case .missing(let function, let key, let expected, let site):
      Explanation("\(function): \(key) is missing", place: site?.text, expected: "\(key) = \(expected)")
    case .unknownKey(let function, let key, let known, let site):
      Explanation(
        "\(function): there is no key \(key)", place: site?.text,
        expected: known.isEmpty ? "no keys" : "one of " + known.joined(separator: ", "),
        advice: nearestName(to: key, in: known).map { "did you mean \($0)?" })
    case .noMember(let owner, let key, let known, let site):
      Explanation(
        "\(owner): there is no \(key)", place: site?.text,
        advice: nearestName(to: key.trimmingQuotes, in: known).map { "did you mean \($0)?" })
    case .undefined(let name, let like, let site):
      Explanation(
        "there is no variable \(name)", place: site?.text, advice: like.map { "did you mean \($0)?" })
    case .result(let function, let found, let expected, let site):
      Explanation("\(function) returned \(found)", place: site?.text, expected: expected)
    case .refused(let function, let what, let advice, let site):
      Explanation("\(function): \(what)", place: site?.text, advice: advice)
    case .syntax(let message): Explanation(message)
    case .raised(let message, _, _): Explanation(message)
    case .memory(let site):
      Explanation(
        "the script needs more memory than its limit", place: site?.text,
        advice: "keep large data in tensors, which are not counted, rather than in tables and strings")
    case .unreadable(let path, let exists):
      Explanation(
        exists ? "\(path) can't be read" : "there is no file \(path)", expected: "a Lua file",
        advice: exists
          ? "look at its permissions, and whether it is a folder" : "look at the spelling and the current folder")
    case .module(let name, let what, let advice, let site):
      Explanation("require \"\(name)\": \(what)", place: site?.text, advice: advice)
    case .writeForbidden(let path, let allowed):
      Explanation(
        "writing \(path) is not allowed here", expected: "a path under " + allowed.joined(separator: " or "),
        advice: "choose such a path, name a folder with --out, or say --trust if you know the script")
    case .outputClosed: Explanation("nobody reads the output any more")
    }
  }

  /// Where Lua was when the error was raised, for errors that carry it.
  public var traceback: String? {
    if case .raised(_, let traceback, _) = self, !traceback.isEmpty { traceback } else { nil }
  }

  /// What first went wrong, below the layers of scripts that it passed through.
  public var cause: (any Error)? { if case .raised(_, _, let cause) = self { cause } else { nil } }

  static func root(of error: (any Error)?) -> (any Error & Sendable)? {
    guard let error else { return nil }
    if case .raised(_, _, let cause)? = error as? ScriptError { return cause }
    return error
  }
}

extension String {
  fileprivate var trimmingQuotes: String { hasPrefix("\"") && hasSuffix("\"") ? String(dropFirst().dropLast()) : self }
}
