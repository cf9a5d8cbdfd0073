import Autograd
import Foundation
import Tensors

/// Tensors as text and as Lua tables.
enum TensorText {
  /// The values in aligned columns, summarised where there are many; below them type, shape and what else there is to say.
  static func describe(_ variable: Variable) -> String {
    let tensor = variable.value
    if tensor.count == 0 { return "[]\n\(short(variable))" }
    let numbers = NumberColumns(shown(tensor), isFloating: tensor.type.isFloating)
    let scale = numbers.scale.map { "\($0) ×\n" } ?? ""
    return scale + rows(tensor, numbers) + (tensor.rank == 0 ? "  " : "\n") + short(variable)
  }

  /// "float32 2×3, requires gradient"
  static func short(_ variable: Variable) -> String {
    let (type, shape) = (variable.value.type.rawValue, variable.shape)
    let text = shape.isEmpty ? type : "\(type) \(shape.map(String.init).joined(separator: "×"))"
    return text + (variable.requiresGradient ? ", requires gradient" : "")
  }

  private static func rows(_ tensor: Tensor, _ numbers: NumberColumns) -> String {
    var items = numbers.items.makeIterator()
    func text(_ dimension: Int, _ indent: String) -> String {
      if dimension == tensor.rank { return items.next() ?? "" }
      let isLast = dimension == tensor.rank - 1
      let parts = visible(tensor.shape, dimension).map { $0 == nil ? "…" : text(dimension + 1, indent + " ") }
      return "[" + parts.joined(separator: isLast ? "  " : "\n" + indent + " ") + "]"
    }
    return text(0, "")
  }

  /// Indices shown of a dimension; nil stands for what is left out. Of matrices more is shown than of the dimensions around
  /// them, so that all fits on a screen.
  private static func visible(_ shape: [Int], _ dimension: Int) -> [Int?] {
    let size = shape[dimension]
    let edge = shape.count <= 2 ? 4 : dimension >= shape.count - 2 ? 3 : 1
    if size <= 2 * edge + 1 { return (0..<size).map { $0 } }
    return (0..<edge).map { $0 } + [nil] + (size - edge..<size).map { $0 }
  }

  private static func shown(_ tensor: Tensor) -> [Double] {
    func collect(_ view: Tensor, _ dimension: Int) -> [Double] {
      if dimension == tensor.rank { return view.array(of: Double.self) }
      return visible(tensor.shape, dimension).compactMap(\.self).flatMap { index in
        (try? view.selected(0, index: index)).map { collect($0, dimension + 1) } ?? []
      }
    }
    return collect(tensor, 0)
  }

  /// One element as a Lua number: an integer for integer types.
  static func number(_ tensor: Tensor, _ index: Int) -> LuaValue {
    tensor.type.isFloating
      ? .number(tensor.array(of: Double.self)[index]) : .integer(Int(tensor.array(of: Int64.self)[index]))
  }

  /// Nested lists of numbers.
  static func nested(_ tensor: Tensor) -> any LuaWritable {
    let numbers: [any LuaWritable] =
      tensor.type.isFloating ? tensor.array(of: Double.self) : tensor.array(of: Int64.self).map { Int($0) }
    if tensor.rank == 0 { return numbers[0] }
    var level = numbers
    for size in tensor.shape.reversed() {
      level =
        size == 0 ? [] : stride(from: 0, to: level.count, by: size).map { NestedList(Array(level[$0..<$0 + size])) }
    }
    return level.first ?? NestedList([])
  }
}

/// A list of anything that can be handed to Lua.
private struct NestedList: LuaWritable {
  let items: [any LuaWritable]
  init(_ items: [any LuaWritable]) { self.items = items }

  @discardableResult func push(to state: LuaState) -> Int {
    let table = LuaTable(in: state)
    for (i, item) in items.enumerated() { table.setAny(i + 1, item) }
    return table.push(to: state)
  }
}

extension LuaTable {
  func setAny(_ key: Int, _ value: any LuaWritable) { set(key, value) }
}
