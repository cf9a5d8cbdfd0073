import Autograd
import Networks

extension LuaValue {
  /// The memory of the tensors in a value, in bytes; nil where there are none.
  public var byteCount: Int? { bytes(depth: 0) }

  private func bytes(depth: Int) -> Int? {
    switch self {
    case .object(let object as Configuration):
      return (object.existing as? Module)?.state().reduce(0) { $0 + Variable($1.tensor).byteCount }
    case .object(let object): return object.luaByteCount == 0 ? nil : object.luaByteCount
    case .table(let table) where depth < 3:
      let parts = table.keys.prefix(1000).compactMap {
        (table.value($0, as: LuaValue.self) ?? .nil).bytes(depth: depth + 1)
      }
      return parts.isEmpty ? nil : parts.reduce(0, +)
    default: return nil
    }
  }
}
