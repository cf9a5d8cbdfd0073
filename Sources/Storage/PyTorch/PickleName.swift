/// The Python objects that a file may name. They are understood here; nothing is imported or run.
enum PickleName: Sendable {
  case orderedDictionary
  case set
  case bytes
  /// `_codecs.encode`, by which protocol 2 writes bytes.
  case encode
  case size
  case device
  /// The type of a storage; nil for bare bytes.
  case storage(NumberFormat?)
  case rebuildTensor
  case rebuildTensorV2
  case rebuildParameter
  /// A constant, known by its full name.
  case symbol(String)
  /// NumPy's numbers, which averages of scores often are.
  case numPyType
  case numPyScalar

  /// Nil for whatever isn't on the list.
  init?(module: String, name: String) {
    let full = module + "." + name
    if let known = Self.known[full] {
      self = known
    } else if module == "torch", Self.numberTypes.contains(name) {
      self = .symbol(full)
    } else {
      return nil
    }
  }

  private static let known: [String: PickleName] = {
    var names: [String: PickleName] = [
      "collections.OrderedDict": .orderedDictionary,
      "torch._utils._rebuild_tensor": .rebuildTensor,
      "torch._utils._rebuild_tensor_v2": .rebuildTensorV2,
      "torch._utils._rebuild_parameter": .rebuildParameter,
      "torch.Size": .size,
      "torch.device": .device,
      "torch.UntypedStorage": .storage(nil),
      "torch.storage.UntypedStorage": .storage(nil),
      "_codecs.encode": .encode,
      "numpy.dtype": .numPyType,
      "numpy.core.multiarray.scalar": .numPyScalar,
      "numpy._core.multiarray.scalar": .numPyScalar,
    ]
    // Python 2's name of the module, which protocol 2 keeps, and Python 3's.
    for module in ["__builtin__", "builtins"] {
      names[module + ".set"] = .set
      names[module + ".frozenset"] = .set
      names[module + ".bytes"] = .bytes
    }
    let storages: [(String, NumberFormat)] = [
      ("Float", .float32), ("Double", .float64), ("Half", .float16), ("BFloat16", .bfloat16), ("Long", .int64),
      ("Int", .int32), ("Short", .int16), ("Char", .int8), ("Byte", .uint8), ("Bool", .bool),
    ]
    for (name, format) in storages { names["torch.\(name)Storage"] = .storage(format) }
    return names
  }()

  private static let numberTypes: Set<String> = [
    "float32", "float64", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool", "complex64",
    "complex128",
  ]
}
