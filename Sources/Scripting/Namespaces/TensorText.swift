import Autograd
import Foundation
import Tensors

/// Tensors as text and as Lua tables.
enum TensorText {
  /// Rows or columns shown at each end of a long dimension.
  private static let edge = 4

  /// The values, summarised where there are many, and below them type and shape.
  static func describe(_ variable: Variable) -> String {
    let tensor = variable.value
    if tensor.count == 0 { return "[] (\(notes(variable)))" }
    return "\(rows(tensor)) (\(notes(variable)))"
  }

  /// Type and shape.
  static func summary(_ variable: Variable) -> String { "tensor " + notes(variable) }

  private static func notes(_ variable: Variable) -> String {
    let tensor = variable.value
    let sizes = tensor.shape.map(String.init).joined(separator: "×")
    var notes = tensor.shape.isEmpty ? tensor.type.rawValue : "\(tensor.type.rawValue) \(sizes)"
    if variable.requiresGradient { notes += ", requires gradient" }
    return notes
  }

  private static func rows(_ tensor: Tensor) -> String {
    let values = shown(tensor)
    let width = values.map { format($0, tensor.type).count }.max() ?? 0
    var iterator = values.makeIterator()
    func text(_ dimension: Int, _ indent: String) -> String {
      if dimension == tensor.rank {
        let item = format(iterator.next() ?? 0, tensor.type)
        return String(repeating: " ", count: width - item.count) + item
      }
      let size = tensor.shape[dimension]
      let isLast = dimension == tensor.rank - 1
      var parts: [String] = []
      for i in visible(size) {
        if let i {
          _ = i
          parts.append(text(dimension + 1, indent + " "))
        } else {
          parts.append("…")
        }
      }
      return "[" + parts.joined(separator: isLast ? " " : "\n" + indent + " ") + "]"
    }
    return text(0, "")
  }

  /// Indices shown of a dimension; nil stands for what is left out.
  private static func visible(_ size: Int) -> [Int?] {
    size <= 2 * edge + 2 ? (0..<size).map { $0 } : (0..<edge).map { $0 } + [nil] + (size - edge..<size).map { $0 }
  }

  private static func shown(_ tensor: Tensor) -> [Double] {
    func collect(_ view: Tensor) -> [Double] {
      guard let size = view.shape.first else { return view.array(of: Double.self) }
      return visible(size).compactMap(\.self).flatMap { index in
        (try? view.selected(0, index: index)).map(collect) ?? []
      }
    }
    return collect(tensor)
  }

  private static func format(_ value: Double, _ type: ElementType) -> String {
    if !type.isFloating { return String(Int64(value)) }
    return value == value.rounded() && abs(value) < 1e6 ? String(format: "%.0f", value) : String(format: "%.5g", value)
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
