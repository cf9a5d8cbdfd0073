/// Storages and tensors, checked against each other with arithmetic that can't overflow.
extension PickleMachine {
  /// What torch.save writes in place of a storage: `("storage", type, key, location, count)`, and `None` at the end in the
  /// old format.
  mutating func storage(_ id: PickleItem) throws -> PickleItem {
    guard let items = items(id, .tuple), case .text(let kind)? = items.first else {
      throw refusal("something is kept outside that is no storage")
    }
    guard kind == "storage" else { throw refusal("a \(Self.shortened(kind)) is saved whole, code and all") }
    guard items.count == 5 || items.count == 6, case .name(.storage(let format)) = items[1],
      case .text(let key) = items[2], case .integer(let count) = items[4], count >= 0
    else { throw refusal("a storage is described wrongly") }
    if items.count == 6 {
      guard case .none = items[5] else { throw refusal("a storage is a view on another one, as in PyTorch before 0.4") }
    }
    guard !count.multipliedReportingOverflow(by: 16).overflow else { throw tooLarge("a storage of \(count) numbers") }
    let declaration = StorageDeclaration(key: key, format: format, count: count)
    return try make(.storage(try declare(declaration)), bytes: key.utf8.count)
  }

  /// `_rebuild_tensor(storage, offset, shape, strides)`, in version 2 with what only training needs behind it.
  mutating func tensor(_ name: PickleName, _ arguments: [PickleItem]) throws -> PickleItem {
    guard arguments.count >= 4, case .storage(let index)? = kind(arguments[0]),
      case .integer(let offset) = arguments[1], let shape = integers(arguments[2]),
      let strides = integers(arguments[3])
    else { throw refusal("a tensor isn't made of a storage, an offset, a shape and strides") }
    let storage = storages[index]
    guard let format = storage.format else { throw refusal("a tensor's storage has no number type") }
    guard
      let view = NumberView(format, shape: shape, strides: strides, offset: offset, available: storage.count)
    else {
      throw refusal(
        "a tensor of shape \(Self.list(shape)), strides \(Self.list(strides)) and offset \(offset) lies outside its storage"
          + " of \(storage.count) numbers")
    }
    guard view.tensorBytes <= budget.tensors else { throw tooLarge("a tensor of shape \(Self.list(shape))") }
    return try make(.tensor(storage: index, view), bytes: 16 * shape.count)
  }

  private func integers(_ item: PickleItem) -> [Int]? {
    guard let items = items(item, .tuple) else { return nil }
    var result: [Int] = []
    for item in items {
      guard case .integer(let value) = item else { return nil }
      result.append(value)
    }
    return result
  }

  /// Shortened: a hostile shape may have many sizes.
  private static func list(_ sizes: [Int]) -> String {
    sizes.count <= 8 ? "\(sizes)" : "\(sizes.prefix(8)) and \(sizes.count - 8) more"
  }
}
