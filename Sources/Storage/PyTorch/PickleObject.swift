/// What is on the stack of the pickle machine and in its containers: a simple value, or the number of an object.
enum PickleItem {
  case none
  case boolean(Bool)
  case integer(Int)
  case number(Double)
  case text(String)
  case name(PickleName)
  /// An index of the machine's objects. Objects refer to each other by number, so that neither rings nor deep nesting
  /// harm while they are made and freed.
  case object(Int)
}

/// A value with parts or of any length.
struct PickleObject {
  enum Kind {
    case list, tuple, set, dictionary
    case bytes([UInt8])
    case largeInteger(String)
    case symbol(String)
    /// An index of the machine's storages.
    case storage(Int)
    case tensor(storage: Int, NumberView)
    case numPyType(NumberFormat)
  }

  var kind: Kind
  /// Elements of a container; keys and values in turn for a dictionary.
  var items: [PickleItem] = []
  /// What `BUILD` gave an ordered dictionary.
  var attributes: PickleItem = .none
}

/// A storage as the pickled objects describe it.
struct StorageDeclaration: Equatable {
  let key: String
  /// Nil for bare bytes.
  let format: NumberFormat?
  /// Numbers in it.
  let count: Int

  var byteCount: Int { count * (format?.byteCount ?? 1) }
}

/// How much memory a file may make us take: in proportion to its size.
struct PickleBudget {
  /// Bytes that pickled objects may still take, roughly counted.
  private(set) var left: Int
  /// Bytes of tensors, all together, when they are read.
  let tensors: Int
  /// Values in the result, where shared ones count each time they are seen. It bounds the time for walking through them.
  let values: Int

  /// Containers in containers.
  static let depth = 100

  init(fileSize: Int) {
    // Narrow numbers become up to four times as wide, and tensors may share memory; small files may do as they please.
    let (generous, overflow) = fileSize.multipliedReportingOverflow(by: 8)
    tensors = (overflow ? .max / 2 : generous) &+ 16 << 20
    left = tensors
    values = tensors / 32
  }

  /// Counts memory that is about to be taken; false if it is too much.
  mutating func take(_ bytes: Int) -> Bool {
    guard bytes <= left else { return false }
    left -= bytes
    return true
  }
}
