import Storage

extension String {
  /// Filled up with blanks; at least one follows.
  func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(1, width - count))
  }
}

extension AttributeValue {
  /// For a line of text.
  var text: String {
    switch self {
    case .string(let value): value
    case .integer(let value): "\(value)"
    case .double(let value): "\(value)"
    case .strings(let values): values.joined(separator: ", ")
    case .integers(let values): values.map { "\($0)" }.joined(separator: ", ")
    case .doubles(let values): values.map { "\($0)" }.joined(separator: ", ")
    }
  }
}

extension WeightFile.Format {
  /// For a line of text.
  var text: String {
    switch self {
    case .checkpoint: "a checkpoint of tel"
    case .pyTorch: "PyTorch"
    case .safeTensors: "safetensors"
    }
  }
}
