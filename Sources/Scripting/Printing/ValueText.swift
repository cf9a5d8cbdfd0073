import Autograd

/// What an object shows of itself at a prompt or in a notebook, over as many lines as it needs. `print` and `tostring` are
/// for one line, tensors excepted.
protocol LuaDescribed: LuaObject {
  func description(in text: ValueText) throws -> String
}

/// Values as a prompt or a notebook shows them: tables with what is in them, tensors summarised, networks as trees.
public struct ValueText {
  let state: LuaState
  /// Columns that lines should stay within.
  let width: Int

  public init(_ state: LuaState, width: Int = 80) { (self.state, self.width) = (state, max(20, width)) }

  /// Several values: on one line where all are short.
  /// - Throws: what a script's `__tostring` raises; `Interrupted`.
  public func text(of values: [LuaValue]) throws -> String {
    let texts = try values.map(text)
    let isLine = texts.reduce(0) { $0 + $1.count + 2 } <= width && !texts.contains { $0.contains("\n") }
    return texts.joined(separator: isLine ? "\t" : "\n")
  }

  /// One value.
  public func text(of value: LuaValue) throws -> String {
    switch value {
    case .table(let table): try TableText(self).text(of: table)
    case .object(let object as any LuaDescribed): try object.description(in: self)
    case .object, .other: try tostring(value)
    case .function(let function): functionText(function)
    default: Self.literal(value)
    }
  }

  /// One value in a few words, as part of something larger.
  public func brief(_ value: LuaValue) -> String {
    switch value {
    case .object(let tensor as Variable): "tensor " + TensorText.summary(tensor)
    case .object(let object as Configuration): cut(object.text)
    case .function(let function): functionText(function)
    case .table(let table): "table of \(table.keys.count)"
    default: cut(Self.literal(value))
    }
  }

  func cut(_ text: String) -> String { text.count > width ? text.prefix(width - 1) + "…" : text }

  func tostring(_ value: LuaValue) throws -> String {
    try state.restoringStack {
      value.push(to: state)
      return try state.text(of: -1)
    }
  }

  private func functionText(_ function: LuaFunction) -> String {
    if let name = state.name(of: function) { return "function \(name)" }
    return function.definition.map { "function at \($0.text)" } ?? "function"
  }

  /// A plain value as Lua source would have it: strings with quotes, and nothing in them that moves a cursor.
  static func literal(_ value: LuaValue) -> String {
    switch value {
    case .string(let text): quoted(text)
    case .bytes(let bytes): quoted(String(decoding: bytes, as: UTF8.self))
    case .number(let number):
      // As Lua writes it: 1.0 is no integer.
      number == number.rounded() && abs(number) < 1e16 ? "\(Int(number)).0" : floatText(number)
    default: value.shown
    }
  }

  private static func floatText(_ number: Double) -> String {
    if number.isNaN { return "nan" }
    if number.isInfinite { return number < 0 ? "-inf" : "inf" }
    return "\(number)"
  }

  static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case "\r": result += "\\r"
      default:
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator:
          result += "\\u{\(String(scalar.value, radix: 16))}"
        default: result.unicodeScalars.append(scalar)
        }
      }
    }
    return result + "\""
  }
}
