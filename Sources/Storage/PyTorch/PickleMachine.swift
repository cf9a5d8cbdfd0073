/// Interprets Python's pickle for what `torch.save` writes: a machine with a stack and a memo.
///
/// It knows a short list of names and refuses everything else; it runs nothing. Whatever the bytes are, the result is a value
/// or a typed error, in memory that `PickleBudget` bounds.
struct PickleMachine {
  var reader: ByteReader
  var budget: PickleBudget
  /// Where the current instruction begins in the file.
  private var start: Int
  private var stack: [PickleItem] = []
  /// Heights of the stack at the open marks.
  private var marks: [Int] = []
  private var memo: [Int: PickleItem] = [:]
  private(set) var objects: [PickleObject] = []
  private(set) var storages: [StorageDeclaration] = []
  private var storageIndices: [String: Int] = [:]

  /// A machine for one pickle within `range`.
  init(_ file: FileBytes, _ range: Range<Int>) {
    reader = ByteReader(file, range)
    budget = PickleBudget(fileSize: file.count)
    start = range.lowerBound
  }

  /// Runs to the end of the pickle and gives what it made; `reader` stands behind it.
  /// - Throws: `PyTorchError`.
  mutating func run() throws -> PickleItem {
    do {
      while true {
        start = reader.position
        let byte = try reader.number(UInt8.self)
        guard let opcode = PickleOpcode(rawValue: byte) else {
          throw refusal("0x\(String(byte, radix: 16)) is no instruction of what torch.save writes")
        }
        if opcode == .stop {
          let result = try pop()
          guard stack.isEmpty, marks.isEmpty else { throw refusal("the pickle ends too early") }
          return result
        }
        try execute(opcode)
      }
    } catch let end as ByteReader.EndReached {
      throw refusal("an instruction needs \(end.wanted) bytes where \(reader.end - end.offset) are left")
    }
  }

  /// An error about the current instruction.
  func refusal(_ reason: String) -> PyTorchError {
    .pickle(file: reader.file.path, offset: start, reason: reason)
  }

  func tooLarge(_ what: String) -> PyTorchError { .tooLarge(file: reader.file.path, what: what, offset: start) }

  // MARK: The stack

  private mutating func spend(_ bytes: Int) throws {
    guard budget.take(bytes) else { throw tooLarge("too many objects") }
  }

  mutating func push(_ item: PickleItem) throws {
    try spend(32)
    stack.append(item)
  }

  /// Makes an object; `bytes` is what it holds beside its items.
  mutating func make(_ kind: PickleObject.Kind, _ items: [PickleItem] = [], bytes: Int = 0) throws -> PickleItem {
    try spend(160 + bytes)
    objects.append(PickleObject(kind: kind, items: items))
    return .object(objects.count - 1)
  }

  mutating func pop() throws -> PickleItem {
    guard stack.count > marks.last ?? 0, let item = stack.popLast() else { throw refusal("the stack is empty") }
    return item
  }

  /// Everything above the last mark, which is taken away.
  private mutating func popMark() throws -> [PickleItem] {
    guard let mark = marks.popLast() else { throw refusal("there is no mark on the stack") }
    defer { stack.removeSubrange(mark...) }
    return Array(stack[mark...])
  }

  /// The number of the object on top of the stack, which stays there.
  private func top() throws -> Int {
    guard stack.count > marks.last ?? 0, case .object(let index)? = stack.last else {
      throw refusal("there is nothing on the stack that it could change")
    }
    return index
  }

  // MARK: Instructions

  private mutating func execute(_ opcode: PickleOpcode) throws {
    switch opcode {
    case .proto:
      let version = try reader.number(UInt8.self)
      guard (2...5).contains(version) else { throw refusal("protocol \(version) is not read, only 2 to 5") }
    case .frame: _ = try reader.skip(8)
    case .mark:
      try spend(16)
      marks.append(stack.count)
    case .pop:
      // Python lets it take a mark as well.
      if let mark = marks.last, mark == stack.count { marks.removeLast() } else { _ = try pop() }
    case .popMark: _ = try popMark()
    case .dup:
      let item = try pop()
      try push(item)
      try push(item)
    case .none, .newTrue, .newFalse, .binInt, .binInt1, .binInt2, .long1, .long4, .binFloat: try pushNumber(opcode)
    case .binString, .shortBinString, .binUnicode, .shortBinUnicode, .binUnicode8: try pushText(opcode)
    case .binBytes, .shortBinBytes, .binBytes8: try pushBytes(opcode)
    case .emptyList: try push(try make(.list))
    case .emptyDict: try push(try make(.dictionary))
    case .emptySet: try push(try make(.set))
    case .emptyTuple: try push(try make(.tuple))
    case .tuple, .frozenSet:
      let items = try popMark()
      try push(try make(opcode == .tuple ? .tuple : .set, items, bytes: 32 * items.count))
    case .tuple1, .tuple2, .tuple3:
      let count = opcode == .tuple1 ? 1 : opcode == .tuple2 ? 2 : 3
      var items: [PickleItem] = []
      for _ in 0..<count { items.append(try pop()) }
      try push(try make(.tuple, items.reversed(), bytes: 32 * count))
    case .append: try extend([try pop()], "append to")
    case .appends, .addItems, .setItems: try extend(try popMark(), "add items to")
    case .setItem:
      let value = try pop()
      try extend([try pop(), value], "set an item of")
    case .binGet: try get(Int(try reader.number(UInt8.self)))
    case .longBinGet: try get(Int(try reader.number(UInt32.self)))
    case .binPut: try put(Int(try reader.number(UInt8.self)))
    case .longBinPut: try put(Int(try reader.number(UInt32.self)))
    case .memoize: try put(memo.count)
    case .global: try pushName(try reader.line(), try reader.line())
    case .stackGlobal:
      guard case .text(let name) = try pop(), case .text(let module) = try pop() else {
        throw refusal("an object is named by something else than text")
      }
      try pushName(module, name)
    case .reduce:
      let arguments = try pop()
      guard case .name(let name) = try pop() else { throw refusal("something is called that can't be") }
      guard let items = items(arguments, .tuple) else { throw refusal("a call's arguments are no tuple") }
      try push(try call(name, items))
    case .build:
      let state = try pop()
      try build(try top(), state)
    case .binPersistentID: try push(try storage(try pop()))
    case .stop: break
    }
  }

  private mutating func pushNumber(_ opcode: PickleOpcode) throws {
    switch opcode {
    case .newTrue: try push(.boolean(true))
    case .newFalse: try push(.boolean(false))
    case .binInt: try push(.integer(Int(try reader.number(Int32.self))))
    case .binInt1: try push(.integer(Int(try reader.number(UInt8.self))))
    case .binInt2: try push(.integer(Int(try reader.number(UInt16.self))))
    case .long1: try pushLong(byteCount: Int(try reader.number(UInt8.self)))
    case .long4: try pushLong(byteCount: Int(try reader.number(UInt32.self)))
    case .binFloat: try push(.number(Double(bitPattern: try reader.number(UInt64.self).byteSwapped)))
    default: try push(.none)
    }
  }

  private mutating func pushLong(byteCount: Int) throws {
    // The time for decimal digits grows with the square of the length.
    guard byteCount <= 128 else { throw tooLarge("an integer of \(byteCount) bytes") }
    let integer = PickleInteger(try reader.bytes(byteCount))
    if let value = integer.value { return try push(.integer(value)) }
    let digits = integer.decimal
    try push(try make(.largeInteger(digits), bytes: digits.utf8.count))
  }

  private mutating func pushText(_ opcode: PickleOpcode) throws {
    let length =
      switch opcode {
      case .shortBinString, .shortBinUnicode: Int(try reader.number(UInt8.self))
      case .binUnicode8: try reader.count64()
      default: Int(try reader.number(UInt32.self))
      }
    try spend(min(length, reader.remaining))
    try push(.text(try reader.text(length)))
  }

  private mutating func pushBytes(_ opcode: PickleOpcode) throws {
    let length =
      switch opcode {
      case .shortBinBytes: Int(try reader.number(UInt8.self))
      case .binBytes8: try reader.count64()
      default: Int(try reader.number(UInt32.self))
      }
    try push(try make(.bytes(try reader.bytes(length)), bytes: length))
  }

  /// Adds items to the container on top of the stack.
  private mutating func extend(_ items: [PickleItem], _ action: String) throws {
    let index = try top()
    switch objects[index].kind {
    case .list, .set: break
    case .dictionary where items.count % 2 == 0: break
    default: throw refusal("it would \(action) something that can't hold them")
    }
    try spend(32 * items.count)
    objects[index].items += items
  }

  private mutating func get(_ index: Int) throws {
    guard let item = memo[index] else { throw refusal("there is no object \(index) in the memo") }
    try push(item)
  }

  private mutating func put(_ index: Int) throws {
    guard stack.count > marks.last ?? 0, let item = stack.last else { throw refusal("the stack is empty") }
    try spend(64)
    memo[index] = item
  }

  private mutating func pushName(_ module: String, _ name: String) throws {
    guard let known = PickleName(module: module, name: name) else {
      throw PyTorchError.forbidden(file: reader.file.path, name: Self.shortened(module + "." + name), offset: start)
    }
    try push(.name(known))
  }

  /// Hostile names may be long.
  static func shortened(_ name: String) -> String { name.count > 120 ? name.prefix(120) + "…" : name }

  // MARK: Objects

  /// The items of an object of a certain kind, or nil.
  func items(_ item: PickleItem, _ kind: PickleObject.Kind) -> [PickleItem]? {
    guard case .object(let index) = item else { return nil }
    switch (objects[index].kind, kind) {
    case (.list, .list), (.tuple, .tuple), (.set, .set), (.dictionary, .dictionary): return objects[index].items
    default: return nil
    }
  }

  /// The kind of an object; nil for simple values.
  func kind(_ item: PickleItem) -> PickleObject.Kind? {
    if case .object(let index) = item { return objects[index].kind }
    return nil
  }

  mutating func setAttributes(_ index: Int, _ state: PickleItem) { objects[index].attributes = state }

  /// The number of a storage that may have been declared before.
  mutating func declare(_ declaration: StorageDeclaration) throws -> Int {
    if let index = storageIndices[declaration.key] {
      guard storages[index] == declaration else {
        throw refusal("storage \(Self.shortened(declaration.key)) is described in two ways")
      }
      return index
    }
    try spend(160)
    storages.append(declaration)
    storageIndices[declaration.key] = storages.count - 1
    return storages.count - 1
  }
}
