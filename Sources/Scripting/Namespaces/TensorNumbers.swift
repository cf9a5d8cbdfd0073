import Autograd
import Tensors

/// Tensors as Lua numbers and tables.
enum TensorNumbers {
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
