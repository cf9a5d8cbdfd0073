import Tensors

/// PyTorch files that can't be read, or must not be.
public enum PyTorchError: ExplainedError, Equatable {
  /// Neither of torch.save's two formats.
  case notPyTorch(file: String)
  /// The pickled objects are broken, or something that isn't read here, at a byte of the file.
  case pickle(file: String, offset: Int, reason: String)
  /// The file asks for a Python object that isn't needed for weights. Unpickling in Python would import and perhaps run it.
  case forbidden(file: String, name: String, offset: Int)
  /// More memory would be needed than a file of this size can need honestly.
  case tooLarge(file: String, what: String, offset: Int?)
  /// The file was written on a machine whose numbers have their highest byte first.
  case bigEndian(file: String)
  /// A storage isn't in the file as the pickled objects describe it.
  case storage(file: String, key: String, reason: String)
  /// There are no weights among what is saved; `found` says what there is.
  case noWeights(file: String, found: String)
  /// The first key has the prefix of data parallelism, this one doesn't.
  case prefix(file: String, key: String, prefix: String)

  public var explanation: Explanation {
    switch self {
    case .notPyTorch(let file):
      Explanation("this is no PyTorch file", place: file, expected: "a file that torch.save wrote")
    case .pickle(let file, let offset, let reason):
      Explanation("the PyTorch file can't be read: at byte \(offset), \(reason)", place: file)
    case .forbidden(let file, let name, let offset):
      Explanation(
        "the PyTorch file asks for the Python object \(name) (at byte \(offset)); nothing was run", place: file,
        expected: "tensors, numbers, text, lists, tuples, sets and dictionaries",
        advice: "if you trust the file, load it in Python and save only its state_dict")
    case .tooLarge(let file, let what, let offset):
      Explanation(
        "the PyTorch file claims \(what)\(offset.map { " (at byte \($0))" } ?? ""), more than a file of its size should",
        place: file, advice: "if you trust the file, load it in Python and save clones of the tensors")
    case .bigEndian(let file):
      Explanation(
        "the PyTorch file has big-endian numbers", place: file, expected: "little-endian numbers",
        advice: "load it in Python on an ordinary machine and save it again")
    case .storage(let file, let key, let reason):
      Explanation("the PyTorch file can't be read: storage \(key) \(reason)", place: file)
    case .noWeights(let file, let found):
      Explanation(
        "there are no weights in the PyTorch file: \(found)", place: file,
        expected: "a state_dict, alone or as the entry state_dict or model of a dictionary")
    case .prefix(let file, let key, let prefix):
      Explanation(
        "the key \(key) doesn't begin with \(prefix), though the first one does", place: file,
        expected: "the prefix \(prefix) at all keys or at none",
        advice: "rename the keys in Python and save the state_dict again")
    }
  }
}
