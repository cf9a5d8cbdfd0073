import Tensors

/// What a user can do wrong with trees, the tree filter and the Tree Energy Loss, beyond plain shapes and types (`TensorError`).
public enum TreeError: ExplainedError, Equatable {
  /// The tree spans another number of images or another grid than the tensor it is used with.
  case treeOfAnotherSize(operation: String, tree: [Int], tensor: [Int])
  /// Channels that can't be split into that many equal groups.
  case groups(operation: String, groups: Int, name: String, channels: Int)
  /// A batch that can't be split into that many equal groups.
  case batchGroups(operation: String, groups: Int, batch: Int)
  /// A scale of squared distances that is not a positive finite number.
  case sigma(operation: String, found: Double)
  /// The level "high" is asked for, but the network gives no embedding.
  case missingEmbedding
  /// A list of levels that is empty or names one twice.
  case levels(found: [String])

  public var explanation: Explanation {
    switch self {
    case .treeOfAnotherSize(let operation, let tree, let tensor):
      Explanation(
        "\(operation): the tree spans \(tree[0]) images of \(tree[1])×\(tree[2]), the tensor has shape \(tensor)",
        expected: "a tensor of shape [\(tree[0]), C, \(tree[1]), \(tree[2])]",
        advice: "build the tree from a guide of the tensor's size; tel.nn.resize brings it there")
    case .groups(let operation, let groups, let name, let channels):
      Explanation(
        "\(operation): \(channels) channels of \(name) can't be split into \(groups) groups",
        expected: "groups of at least 1 that divide the channels of both the input and the embedding")
    case .batchGroups(let operation, let groups, let batch):
      Explanation(
        "\(operation): a batch of \(batch) can't be split into \(groups) groups",
        expected: "groups of at least 1 that divide the batch", advice: "change loss_groups or batch")
    case .sigma(let operation, let found):
      Explanation(
        "\(operation): sigma is \(found)", expected: "a positive number, compared with squared distances of the guide",
        advice: "the published values are 0.002 (Cityscapes, ADE20K) and 0.02 (VOC)")
    case .missingEmbedding:
      Explanation(
        "tree_energy: the level \"high\" needs an embedding, and there is none", expected: "an embedding [N, C, h, w]",
        advice: "use a network that returns out.embedding, or levels = {\"low\"}")
    case .levels(let found):
      Explanation("tree_energy: levels are \(found)", expected: "\"low\", \"high\" or both, each once")
    }
  }
}
