/// Finding a network's weights in what was saved, by the rules of the published loader.
extension PyTorchFile {
  /// What data parallelism puts before every key.
  private static let parallelPrefix = "module."

  /// The dictionary that holds the weights: the entry `state_dict`, else `model`, else the root itself.
  /// - Throws: `PyTorchError.noWeights`.
  private func stateDictionary() throws -> PyTorchDictionary {
    for key in ["state_dict", "model"] {
      if case .dictionary(let dictionary)? = root[key] { return dictionary }
    }
    guard case .dictionary(let dictionary) = root else {
      throw PyTorchError.noWeights(file: path, found: "it holds \(root.summary)")
    }
    return dictionary
  }

  /// The tensors of the state dictionary in its order. If the first key begins with `module.`, this is cut off from all.
  /// Entries that are no tensors are left out.
  /// - Throws: `PyTorchError`.
  public func weights() throws -> [StoredTensor] {
    let entries = try stateDictionary().entries
    var isPrefixed = false
    if case .text(let first)? = entries.first?.key { isPrefixed = first.hasPrefix(Self.parallelPrefix) }
    var (tensors, bytes): ([StoredTensor], Int) = ([], 0)
    for entry in entries {
      guard case .tensor(let tensor) = entry.value, case .text(let key) = entry.key else { continue }
      if isPrefixed && !key.hasPrefix(Self.parallelPrefix) {
        throw PyTorchError.prefix(file: path, key: PickleMachine.shortened(key), prefix: Self.parallelPrefix)
      }
      // Each is bounded by the limit itself, so the sum can't overflow.
      bytes += tensor.tensorBytes
      if bytes > tensorLimit {
        throw PyTorchError.tooLarge(file: path, what: "tensors that share memory and take far more apart", offset: nil)
      }
      let name = isPrefixed ? String(key.dropFirst(Self.parallelPrefix.count)) : key
      tensors.append(
        StoredTensor(
          name: name, shape: tensor.shape, storedType: tensor.format.rawValue, type: tensor.format.elementType
        ) { try tensor.load() })
    }
    if tensors.isEmpty { throw PyTorchError.noWeights(file: path, found: "it holds \(root.summary)") }
    return tensors
  }
}
