import Autograd
import Tensors

/// One entry of `x[{1, {2, 4}, {}}]`.
private enum Index {
  case one(Int)
  case range(Int, Int)
  case all
}

extension LuaState {
  /// `x[i]`, `x[{…}]` and assignment to them. Indices count from 1, ranges include both ends, -1 is the last.
  func addTensorIndexing(_ methods: LuaMethods<Variable>) {
    methods.addIndex { tensor, call in
      if case .string(let name)? = try? call.argument(1, as: LuaValue.self) {
        throw ScriptError.noMember(
          of: "tensor", key: name, known: call.state.methods(of: Variable.luaClass), site: call.site)
      }
      var view = tensor
      try walk(indices(call, tensor), select: { view = try view.selected($0, index: $1) }) {
        view = try view.narrowed($0, start: $1, count: $2)
      }
      return view
    }
    methods.addNewIndex { tensor, call in
      try call.checkChangeable(tensor)
      var view = tensor.value
      try walk(indices(call, tensor), select: { view = try view.selected($0, index: $1) }) {
        view = try view.narrowed($0, start: $1, count: $2)
      }
      switch try call.argument(2, "value", as: Operand.self) {
      case .number(let value, _): view.fill(value)
      case .tensor(let source): view.assign(try source.value.expanded(to: view.shape))
      }
    }
  }
}

/// Applies indices from the first dimension on; a selected dimension is dropped.
private func walk(
  _ indices: [(Index, size: Int)], select: (Int, Int) throws -> Void, narrow: (Int, Int, Int) throws -> Void
) throws {
  var dimension = 0
  for (index, _) in indices {
    switch index {
    case .one(let i): try select(dimension, i)
    case .range(let first, let last):
      try narrow(dimension, first, last - first + 1)
      dimension += 1
    case .all: dimension += 1
    }
  }
}

/// The key of `x[key]` as checked indices that count from 0.
private func indices(_ call: LuaCall, _ tensor: Variable) throws -> [(Index, size: Int)] {
  let entries: [LuaValue]
  switch try call.argument(1, as: LuaValue.self) {
  case .integer(let i): entries = [.integer(i)]
  case .table(let table): entries = table.list
  default:
    throw call.wrong(
      1, "index", expected: "an integer, or a list with an integer, {first, last} or {} for each dimension")
  }
  guard entries.count <= tensor.shape.count else {
    throw call.wrong(1, "index", expected: "at most \(tensor.shape.count) entries for the shape \(tensor.shape)")
  }
  return try zip(entries, tensor.shape).map { entry, size in
    func place(_ value: LuaValue) throws -> Int {
      guard case .integer(let given) = value, given != 0, (-size...size).contains(given) else {
        throw call.wrong(
          1, "index",
          expected:
            "1 to \(size) (or -1 to -\(size) from the end) where \(value.shown) stands, for the shape \(tensor.shape)")
      }
      return given > 0 ? given - 1 : given + size
    }
    switch entry {
    case .table(let table) where table.count == 0: return (.all, size)
    case .table(let table) where table.count == 2:
      let (first, last) = (try place(table[1]), try place(table[2]))
      guard first <= last else { throw call.wrong(1, "index", expected: "{first, last} with first ≤ last") }
      return (.range(first, last), size)
    default: return (.one(try place(entry)), size)
    }
  }
}
