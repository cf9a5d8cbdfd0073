import Tensors

/// safetensors files that can't be read, and what can't be written to one.
public enum SafeTensorsError: ExplainedError, Equatable {
  /// The header is broken at a byte of the file.
  case header(file: String, offset: Int, reason: String)
  /// What the header says about a tensor can't be.
  case tensor(file: String, name: String, reason: String)
  /// Two tensors of one name, or a name that means something else, were to be written.
  case unstorable(file: String, name: String, reason: String)

  public var explanation: Explanation {
    switch self {
    case .header(let file, let offset, let reason):
      Explanation(
        "the safetensors file can't be read: at byte \(offset), \(reason)", place: file,
        expected: "a whole safetensors file")
    case .tensor(let file, let name, let reason):
      Explanation("the safetensors file can't be read: the tensor \(name) \(reason)", place: file)
    case .unstorable(let file, let name, let reason):
      Explanation("the tensor \(name) can't be stored: \(reason)", place: file)
    }
  }
}
