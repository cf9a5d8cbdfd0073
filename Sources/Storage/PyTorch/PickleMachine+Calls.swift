/// What the names that a file may call do: they make values, and nothing else.
extension PickleMachine {
  /// The result of calling a name (`REDUCE`).
  mutating func call(_ name: PickleName, _ arguments: [PickleItem]) throws -> PickleItem {
    switch name {
    case .orderedDictionary: return try orderedDictionary(arguments)
    case .set:
      guard let items = arguments.isEmpty ? [] : arguments.count == 1 ? items(arguments[0], .list) : nil else {
        throw refusal("a set is made of something else than a list")
      }
      return try make(.set, items, bytes: 32 * items.count)
    case .size:
      guard arguments.count == 1, items(arguments[0], .tuple) != nil else {
        throw refusal("a torch.Size is made of something else than a tuple")
      }
      return arguments[0]
    case .device:
      switch (arguments.first, arguments.dropFirst().first, arguments.count) {
      case (.text(let type)?, nil, 1): return try make(.symbol(type), bytes: type.utf8.count)
      case (.text(let type)?, .integer(let index)?, 2):
        return try make(.symbol("\(type):\(index)"), bytes: type.utf8.count + 20)
      default: throw refusal("a torch.device is made of something else than its name and number")
      }
    case .rebuildTensor, .rebuildTensorV2: return try tensor(name, arguments)
    case .rebuildParameter:
      guard let first = arguments.first, case .tensor? = kind(first) else {
        throw refusal("a parameter is made of something else than a tensor")
      }
      return first
    case .bytes:
      guard arguments.isEmpty else { throw refusal("bytes are made of something") }
      return try make(.bytes([]))
    case .encode: return try encode(arguments)
    case .numPyType:
      guard case .text(let code)? = arguments.first, let format = Self.numPyFormats[code] else {
        throw refusal("a NumPy type isn't one of \(Self.numPyFormats.keys.sorted().joined(separator: ", "))")
      }
      return try make(.numPyType(format))
    case .numPyScalar: return try numPyScalar(arguments)
    case .storage, .symbol: throw refusal("something is called that can't be")
    }
  }

  /// `BUILD`: gives an object its state.
  mutating func build(_ index: Int, _ state: PickleItem) throws {
    switch objects[index].kind {
    case .dictionary:
      guard items(state, .dictionary) != nil else { throw refusal("a dictionary's attributes are no dictionary") }
      setAttributes(index, state)
    case .numPyType:
      // Version, byte order, and what only arrays of records have.
      guard let items = items(state, .tuple), items.count > 1, case .text(let order) = items[1] else {
        throw refusal("a NumPy type has no byte order")
      }
      if order == ">" { throw PyTorchError.bigEndian(file: reader.file.path) }
    default: throw refusal("an object gets a state that has none")
    }
  }

  /// Empty, or from a list of pairs as Python 2 writes it.
  private mutating func orderedDictionary(_ arguments: [PickleItem]) throws -> PickleItem {
    if arguments.isEmpty { return try make(.dictionary) }
    guard arguments.count == 1, let pairs = items(arguments[0], .list) else {
      throw refusal("an ordered dictionary is made of something else than a list")
    }
    var entries: [PickleItem] = []
    for pair in pairs {
      guard let items = items(pair, .list) ?? items(pair, .tuple), items.count == 2 else {
        throw refusal("an ordered dictionary is made of something else than pairs")
      }
      entries += items
    }
    return try make(.dictionary, entries, bytes: 32 * entries.count)
  }

  /// Bytes, written as text with a character for each.
  private mutating func encode(_ arguments: [PickleItem]) throws -> PickleItem {
    guard arguments.count == 2, case .text(let text) = arguments[0], case .text(let encoding) = arguments[1],
      ["latin1", "latin-1"].contains(encoding), text.unicodeScalars.allSatisfy({ $0.value < 256 })
    else { throw refusal("text is encoded in another way than as bytes") }
    let bytes = text.unicodeScalars.map { UInt8($0.value) }
    return try make(.bytes(bytes), bytes: bytes.count)
  }

  private static let numPyFormats: [String: NumberFormat] = [
    "f2": .float16, "f4": .float32, "f8": .float64, "i1": .int8, "i2": .int16, "i4": .int32, "i8": .int64, "u1": .uint8,
    "b1": .bool,
  ]

  /// A single number of NumPy's, from its type and its bytes.
  private func numPyScalar(_ arguments: [PickleItem]) throws -> PickleItem {
    guard arguments.count == 2, case .numPyType(let format)? = kind(arguments[0]),
      case .bytes(let bytes)? = kind(arguments[1]), bytes.count == format.byteCount,
      let view = NumberView(format, shape: [], strides: [], offset: 0, available: 1)
    else { throw refusal("a NumPy number isn't made of its type and its bytes") }
    let tensor = try view.load(from: FileBytes(bytes, name: reader.file.path), at: 0)
    if format == .bool { return .boolean(tensor.item != 0) }
    if tensor.type.isFloating { return .number(tensor.item) }
    return .integer(Int(tensor.array(of: Int64.self)[0]))
  }
}
