/// Turns the objects that a pickle made into a value, from the outermost one inwards.
///
/// A value that is seen in many places is converted once and shared, but counts each time: who walks through the result
/// can't be kept busy for longer than the file's size allows. What contains itself is refused.
struct PickleConversion {
  private let machine: PickleMachine
  private let storages: [PyTorchStorage]
  private let file: String

  /// A converted value with the number of values in it, text by its length, and the levels of containers.
  private struct Converted {
    let value: PyTorchValue
    var size = 1
    var height = 0
  }

  private enum Progress {
    case none, begun
    case done(Converted)
  }
  private var progress: [Progress]

  /// - Parameter storages: where the numbers of the machine's storages are, in the machine's order.
  init(_ machine: PickleMachine, storages: [PyTorchStorage], file: String) {
    (self.machine, self.storages, self.file) = (machine, storages, file)
    progress = [Progress](repeating: .none, count: machine.objects.count)
  }

  /// - Throws: `PyTorchError`.
  mutating func value(of item: PickleItem) throws -> PyTorchValue { try convert(item, depth: 0).value }

  private func error(_ what: String) -> PyTorchError { .tooLarge(file: file, what: what, offset: nil) }

  private mutating func convert(_ item: PickleItem, depth: Int) throws -> Converted {
    switch item {
    case .none: return Converted(value: .none)
    case .boolean(let value): return Converted(value: .boolean(value))
    case .integer(let value): return Converted(value: .integer(value))
    case .number(let value): return Converted(value: .number(value))
    case .text(let value): return Converted(value: .text(value), size: 1 + value.utf8.count / 16)
    case .name(.symbol(let name)): return Converted(value: .symbol(name))
    case .name: throw PyTorchError.pickle(file: file, offset: machine.reader.position, reason: "a function is a value")
    case .object(let index): return try convert(object: index, depth: depth)
    }
  }

  private mutating func convert(object index: Int, depth: Int) throws -> Converted {
    guard depth <= PickleBudget.depth else { throw error("values nested deeper than \(PickleBudget.depth) levels") }
    switch progress[index] {
    case .begun: throw error("a value that contains itself")
    case .done(let converted):
      guard depth + converted.height <= PickleBudget.depth else {
        throw error("values nested deeper than \(PickleBudget.depth) levels")
      }
      return converted
    case .none: break
    }
    progress[index] = .begun
    let converted = try convert(machine.objects[index], depth: depth)
    progress[index] = .done(converted)
    return converted
  }

  private mutating func convert(_ object: PickleObject, depth: Int) throws -> Converted {
    switch object.kind {
    case .bytes(let bytes): return Converted(value: .bytes(bytes))
    case .largeInteger(let digits): return Converted(value: .largeInteger(digits), size: 10)
    case .symbol(let name): return Converted(value: .symbol(name), size: 1 + name.utf8.count / 16)
    case .numPyType(let format): return Converted(value: .symbol("numpy.\(format.rawValue)"))
    case .storage(let index): return Converted(value: .tensor(try whole(index)))
    case .tensor(let storage, let view): return Converted(value: .tensor(PyTorchTensor(storages[storage], view)))
    case .list, .tuple, .set, .dictionary: break
    }
    var (values, size, height): ([PyTorchValue], Int, Int) = ([], 1, 0)
    values.reserveCapacity(object.items.count)
    for item in object.items { values.append(try part(item, depth, &size, &height)) }
    let value: PyTorchValue
    switch object.kind {
    case .list: value = .list(values)
    case .tuple: value = .tuple(values)
    case .set: value = .set(values)
    default:
      var attributes: [PyTorchDictionary.Entry] = []
      if case .dictionary(let found) = try part(object.attributes, depth, &size, &height) { attributes = found.entries }
      value = .dictionary(PyTorchDictionary(entries: Self.entries(values), attributes: attributes))
    }
    return Converted(value: value, size: size, height: height)
  }

  /// Converts a part of a container, and adds it to the container's size and height.
  private mutating func part(
    _ item: PickleItem, _ depth: Int, _ size: inout Int, _ height: inout Int
  ) throws -> PyTorchValue {
    let part = try convert(item, depth: depth + 1)
    size += part.size
    guard size <= machine.budget.values else { throw error("too many values, many of them the same ones") }
    height = max(height, part.height + 1)
    return part.value
  }

  /// A storage that is saved by itself, as a tensor.
  private func whole(_ index: Int) throws -> PyTorchTensor {
    let declaration = machine.storages[index]
    let count = declaration.count
    guard
      let view = NumberView(declaration.format ?? .uint8, shape: [count], strides: [1], offset: 0, available: count),
      view.tensorBytes <= machine.budget.tensors
    else { throw error("a storage of \(count) numbers") }
    return PyTorchTensor(storages[index], view)
  }

  /// Keys and values in turn, as entries: of equal keys the first place and the last value, as in Python.
  private static func entries(_ values: [PyTorchValue]) -> [PyTorchDictionary.Entry] {
    var entries: [PyTorchDictionary.Entry] = []
    entries.reserveCapacity(values.count / 2)
    var places: [SimpleKey: Int] = [:]
    for index in stride(from: 0, to: values.count - 1, by: 2) {
      let entry = PyTorchDictionary.Entry(key: values[index], value: values[index + 1])
      if let key = SimpleKey(entry.key) {
        if let place = places[key] {
          entries[place] = entry
          continue
        }
        places[key] = entries.count
      }
      entries.append(entry)
    }
    return entries
  }
}

/// A key of a dictionary that can be compared at little cost.
private enum SimpleKey: Hashable {
  case none
  case boolean(Bool)
  case integer(Int)
  case number(Double)
  case text(String)

  init?(_ value: PyTorchValue) {
    switch value {
    case .none: self = .none
    case .boolean(let value): self = .boolean(value)
    case .integer(let value): self = .integer(value)
    case .number(let value): self = .number(value)
    case .text(let value): self = .text(value)
    default: return nil
    }
  }
}
