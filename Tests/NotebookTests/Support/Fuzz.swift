/// Makes random input for a prompt: bytes, words of Lua in any order, programs, and calls of everything with anything.
struct Fuzz {
  private var state: UInt64
  private let functions: [String]
  private var depth = 0

  /// - Parameter functions: names of functions and methods ("tensor:sum").
  init(seed: UInt64, functions: [String]) { (state, self.functions) = (seed &* 0x9e37_79b9_7f4a_7c15, functions) }

  /// SplitMix64.
  private mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(max(1, bound))) }

  private mutating func pick<T>(_ list: [T]) -> T { list[below(list.count)] }

  mutating func input() -> String {
    depth = 0
    switch below(10) {
    case 0: return bytes()
    case 1, 2: return words()
    case 3, 4, 5: return (0...below(4)).map { _ in statement() }.joined(separator: pick(["\n", " ", "; "]))
    default: return (0...below(2)).map { _ in call() }.joined(separator: "\n")
    }
  }

  private mutating func bytes() -> String {
    String(decoding: (0..<below(200)).map { _ in UInt8(truncatingIfNeeded: next()) }, as: UTF8.self)
  }

  private static let words = [
    "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in", "local", "nil",
    "not",
    "or", "repeat", "return", "then", "true", "until", "while", "(", ")", "{", "}", "[", "]", "[[", "]]", "[=[", "]=]",
    "--",
    "--[[", "\"", "'", "\\", "\\z", "\\u{", "..", "...", ".", ":", "::", ";", ",", "=", "==", "~=", "<", ">", "<const>",
    "<close>", "+", "-", "*", "/", "//", "%", "^", "#", "&", "|", "~", "<<", ">>", "0x", "1e", "9999999999999999999",
    "0", "1",
    "x", "tel", "tel.", "self", "_", "_1", "_ENV", "_G", "print", "?", "\n", "\t", "é", "日本", "\u{0}", "\u{200d}",
  ]

  private mutating func words() -> String {
    (0..<below(40)).map { _ in pick(Self.words) }.joined(separator: pick([" ", " ", ""]))
  }

  // MARK: Programs

  private static let names = ["a", "b", "c", "t", "f", "x", "co"]

  private mutating func block() -> String {
    depth += 1
    defer { depth -= 1 }
    return (0..<below(3)).map { _ in depth > 4 ? "a = 1" : statement() }.joined(separator: " ")
  }

  private mutating func statement() -> String {
    switch below(16) {
    case 0: return "local \(pick(Self.names)) = \(expression())"
    case 1: return "\(pick(Self.names)) = \(expression())"
    case 2: return "t = t or {} t[\(expression())] = \(expression())"
    case 3: return "while \(expression()) do \(block()) end"
    case 4: return "for \(pick(Self.names)) = \(expression()), \(expression()) do \(block()) end"
    case 5:
      return "for k, v in \(pick(["pairs", "ipairs", "next,", "coroutine.wrap"]))(\(expression())) do \(block()) end"
    case 6: return "repeat \(block()) until \(expression())"
    case 7: return "if \(expression()) then \(block()) else \(block()) end"
    case 8: return "function f(\(pick(["", "x", "x, ..."]))) \(block()) return \(expression()) end"
    case 9: return "local ok, e = pcall(\(function()))"
    case 10: return "co = coroutine.\(pick(["wrap", "create"]))(\(function())) coroutine.resume(co)"
    case 11:
      return
        "setmetatable({}, {\(pick(["__index", "__tostring", "__len", "__eq", "__call", "__close", "__gc", "__pairs", "__name"])) = \(expression())})"
    case 12: return "do local z <close> = setmetatable({}, {__close = \(function())}) \(block()) end"
    case 13: return "print(\(expression()), \(expression()))"
    case 14: return "error(\(expression()))"
    default: return call()
    }
  }

  private mutating func function() -> String { "function(...) \(block()) return \(expression()) end" }

  private mutating func expression() -> String {
    depth += 1
    defer { depth -= 1 }
    if depth > 5 { return value() }
    switch below(9) {
    case 0:
      return
        "(\(expression()) \(pick(["+", "-", "*", "/", "//", "%", "^", "..", "==", "<", "and", "or", "&", "<<"])) \(expression()))"
    case 1: return "\(pick(["-", "not ", "#", "~"]))\(expression())"
    case 2: return "{\(expression()), x = \(expression()), [\(expression())] = \(expression())}"
    case 3: return call()
    case 4: return function()
    default: return value()
    }
  }

  private static let values = [
    "nil", "true", "false", "0", "1", "-1", "2", "3", "0.5", "1e308", "-1e308", "0/0", "1/0", "math.maxinteger",
    "math.mininteger",
    "1 << 31", "1 << 40", "''", "'a'", "'float32'", "'int64'", "'block10'", "'[%'", "'/nowhere/x.h5'",
    "('x'):rep(10000)",
    "('x'):rep(1 << 33)", "'\\0\\255'", "{}", "{1, 2, 3}", "{{1, 2}, {3, 4}}", "{1, 'a'}", "{x = {}}", "print", "tel",
    "_G", "a", "b",
    "t", "x", "tel.zeros(2, 3)", "tel.ones(1, 2, 4, 4)", "tel.arange(5)", "tel.zeros(0)", "tel.tensor({1, 0}, 'int32')",
    "tel.rand(1, 3, 8, 8):requires_grad_()", "tel.zeros(3, 8, 8):to('uint8')", "tel.optim.sgd{lr = 1}",
    "tel.nn.Conv{inputs = 3, outputs = 2, kernel = 3}", "tel.data.scenes{size = {16, 16}, count = 1}",
    "tel.loss.cross_entropy{}",
    "tel.models.hrnet{classes = 2, width = 4, modules = {1, 1, 1}, blocks = 1, bottlenecks = 1, stem = 8}", "tel.none",
    "tel.tree.mst(tel.rand(1, 1, 4, 4))", "function(...) return ... end", "coroutine.create(print)",
    "setmetatable({}, {__index = print})",
  ]

  private mutating func value() -> String { pick(Self.values) }

  // MARK: Calls

  /// A function that exists, called with anything: in parentheses, or with a table.
  private mutating func call() -> String {
    depth += 1
    defer { depth -= 1 }
    var name = pick(functions)
    if let colon = name.firstIndex(of: ":") { name = "(\(value()))" + name[colon...] }
    let arguments = (0..<below(4)).map { _ in depth > 4 ? value() : expression() }
    if below(4) == 0 {
      let keys = [
        "classes", "size", "count", "lr", "inputs", "outputs", "kernel", "stride", "groups", "sigma", "width",
      ]
      return "\(name){\(arguments.map { "\(pick(keys)) = \($0)" }.joined(separator: ", "))}"
    }
    return "\(name)(\(arguments.joined(separator: ", ")))"
  }
}
