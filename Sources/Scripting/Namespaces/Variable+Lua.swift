import Autograd
import Tensors

/// What Lua calls a tensor is a variable: a tensor that may carry gradients.
extension Variable: LuaObject {
  public static let luaClass = LuaClass("tensor")
  /// Asks for no value: one that a convolution's norm has still to make is made when it is needed, and often never.
  public var luaByteCount: Int { byteCount }
}

/// An operand of a tensor function: a tensor or a number.
enum Operand: LuaReadable {
  case tensor(Variable)
  case number(Double, isInteger: Bool)

  static var luaExpectation: String { "a tensor or a number" }

  static func read(_ index: Int32, from state: LuaState) -> Operand? {
    if let tensor = Variable.read(index, from: state) { return .tensor(tensor) }
    switch LuaValue.read(index, from: state) {
    case .integer(let value): return .number(Double(value), isInteger: true)
    case .number(let value): return .number(value, isInteger: false)
    default: return nil
    }
  }

  /// The operand as a tensor that meets `other` without widening its type needlessly.
  func variable(meeting other: Variable) -> Variable {
    switch self {
    case .tensor(let variable): return variable
    case .number(let value, let isInteger):
      if other.type.isFloating { return Variable(Tensor(scalar: value, other.type)) }
      return Variable(Tensor(scalar: value, isInteger ? (other.type == .int64 ? .int64 : .int32) : .float32))
    }
  }
}

extension ElementType: LuaReadable {
  public static var luaExpectation: String { "one of " + allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ") }
  public static func read(_ index: Int32, from state: LuaState) -> ElementType? {
    String.read(index, from: state).flatMap(ElementType.init(rawValue:))
  }
}

extension LuaCall {
  /// Argument `n`, a dimension that counts from 1 (-1 is the last), as one that counts from 0.
  func dimension(_ n: Int, of tensor: Variable) throws -> Int {
    let given: Int = try argument(n, "dimension")
    let rank = tensor.shape.count
    guard given != 0, (-rank...rank).contains(given) else {
      throw wrong(
        n, "dimension",
        expected: rank == 0
          ? "no dimension: the tensor is a single number" : "1 to \(rank), or -1 to -\(rank) from the end")
    }
    return given > 0 ? given - 1 : given + rank
  }

  func optionalDimension(_ n: Int, of tensor: Variable) throws -> Int? { isNil(n) ? nil : try dimension(n, of: tensor) }

  /// Sizes from argument `n` on: `f(2, 3)` or `f{2, 3}`.
  func sizes(from n: Int) throws -> [Int] {
    let sizes: [Int] = try rest(from: n, "sizes")
    try checkSizes(sizes, n)
    return sizes
  }

  /// Refuses negative sizes and those that no memory holds.
  func checkSizes(_ sizes: [Int], _ n: Int) throws {
    var count = 1
    for size in sizes {
      let (product, overflow) = count.multipliedReportingOverflow(by: size)
      guard size >= 0, !overflow, product < 1 << 38 else {
        throw wrong(n, "sizes", expected: "sizes that are not negative and whose product fits into memory")
      }
      count = product
    }
    try Tensor.checkingMemory(sizes)
  }

  /// Refuses to change a tensor whose values a recorded operation still needs, naming both lines.
  func checkChangeable(_ tensor: Variable) throws {
    let buffer = tensor.value.buffer
    if buffer.recordings > 0 || (tensor.requiresGradient && !tensor.isLeaf) {
      let recorded = buffer.recordedAt.map { " at \($0)" } ?? ""
      throw ScriptError.refused(
        function: name, what: "these values were recorded\(recorded) and are needed for gradients",
        advice: "change a copy (x:clone()), or change them after backward()", site: site)
    }
  }
}
