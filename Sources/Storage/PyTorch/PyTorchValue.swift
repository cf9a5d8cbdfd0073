/// What a PyTorch file holds, as Python's values: numbers, text, containers, and tensors that are read when asked for.
public enum PyTorchValue: Sendable {
  case none
  case boolean(Bool)
  case integer(Int)
  /// An integer beyond 64 bits, in decimal digits.
  case largeInteger(String)
  case number(Double)
  case text(String)
  case bytes([UInt8])
  case list([PyTorchValue])
  case tuple([PyTorchValue])
  case set([PyTorchValue])
  case dictionary(PyTorchDictionary)
  case tensor(PyTorchTensor)
  /// A constant of PyTorch: `torch.float16`, `cuda:0`.
  case symbol(String)

  /// The entry of a dictionary under a text; nil for other values and missing keys.
  public subscript(key: String) -> PyTorchValue? {
    if case .dictionary(let dictionary) = self { return dictionary[key] }
    return nil
  }
}

/// A Python dictionary, ordered or not: both keep the order in which keys came.
public struct PyTorchDictionary: Sendable {
  /// A key with its value. Keys are different from each other unless they are tuples, which aren't compared.
  public struct Entry: Sendable {
    /// A simple value or a tuple.
    public let key: PyTorchValue
    /// What the key leads to.
    public let value: PyTorchValue
  }

  /// In Python's order.
  public let entries: [Entry]
  /// What an ordered dictionary carries beside its entries: PyTorch's `_metadata`.
  public let attributes: [Entry]
  private let indices: [String: Int]

  init(entries: [Entry], attributes: [Entry] = []) {
    (self.entries, self.attributes) = (entries, attributes)
    var indices: [String: Int] = [:]
    for (index, entry) in entries.enumerated() { if case .text(let key) = entry.key { indices[key] = index } }
    self.indices = indices
  }

  /// The value under a text.
  public subscript(key: String) -> PyTorchValue? { indices[key].map { entries[$0].value } }
}

extension PyTorchValue {
  /// The value for showing: as a recipe's values, with tuples and sets as lists, keys as text, and tensors, bytes and
  /// constants described by a text (`float32 [64, 3, 3, 3]`).
  public var storedValue: StoredValue {
    switch self {
    case .none: .null
    case .boolean(let value): .boolean(value)
    case .integer(let value): .integer(value)
    case .largeInteger(let digits): Double(digits).map { .number($0) } ?? .string(digits)
    case .number(let value): .number(value)
    case .text(let value), .symbol(let value): .string(value)
    case .bytes(let bytes): .string("\(bytes.count) bytes")
    case .list(let values), .tuple(let values), .set(let values): .list(values.map(\.storedValue))
    case .dictionary(let dictionary):
      .table(
        Dictionary(dictionary.entries.map { ($0.key.keyText, $0.value.storedValue) }) { _, last in last })
    case .tensor(let tensor): .string("\(tensor.format.rawValue) \(tensor.shape)")
    }
  }

  private var keyText: String {
    if case .text(let text) = self { return text }
    if case .string(let text) = storedValue { return text }
    return storedValue.json
  }

  /// A few words on what this is, for errors.
  var summary: String {
    switch self {
    case .dictionary(let dictionary):
      let keys = dictionary.entries.prefix(6).map(\.key.keyText).joined(separator: ", ")
      return dictionary.entries.isEmpty
        ? "an empty dictionary" : "a dictionary of \(keys)\(dictionary.entries.count > 6 ? ", …" : "")"
    case .list(let values): return "a list of \(values.count)"
    case .tuple(let values): return "a tuple of \(values.count)"
    case .set(let values): return "a set of \(values.count)"
    case .tensor(let tensor): return "a tensor of shape \(tensor.shape)"
    default: return "a single value"
    }
  }
}
