import Synchronization
import Tensors

/// Trees built before, found again by the content of their guide. Safe to use from any thread.
///
/// The low-level tree depends on the image alone: a loader builds it ahead with `prepare`, and the loss finds it. At most
/// `capacity` bytes are kept; the trees that were not asked for longest go first.
public final class TreeMemo: Sendable {
  /// The memo that losses use unless told otherwise: 128 MB, some 170 trees of 128×256 pixels.
  public static let shared = TreeMemo(capacity: 128 << 20)

  /// What the memo holds, and how often it was asked in vain or not.
  public struct Usage: Sendable, Equatable {
    public var trees = 0
    public var bytes = 0
    public var hits = 0
    public var misses = 0
  }

  private struct Key: Hashable {
    let content: ContentHash
    let shape: [Int]
    let type: ElementType
  }

  private struct State {
    var entries: [Key: (tree: SpanningTree, lastUse: Int)] = [:]
    var clock = 0
    var usage = Usage()
  }

  private let state = Mutex(State())
  private let capacity: Int

  /// A memo for `capacity` bytes of trees; 0 keeps nothing.
  public init(capacity: Int) { self.capacity = capacity }

  public var usage: Usage { state.withLock { $0.usage } }

  /// Builds and keeps the tree that the loss will want for an image, so that the loss need not.
  /// - Parameters:
  ///   - image: [C, H, W] as the loss will see it (colours in [0, 1]), float32 or float64.
  ///   - height, width: the size of the coarse logits.
  /// - Throws: `TensorError` for another shape or type; `Interrupted`.
  public func prepare(image: Tensor, height: Int, width: Int) throws {
    try MinimumSpanningTree.checkGuide(image.unsqueezed(0), "tree")
    _ = try trees([try image.resized(height: height, width: width, TreeEnergyLoss.guideResize)])
  }

  /// The trees of guides [C, H, W], from the memo where it has them. In a dry run nothing is kept.
  func trees(_ guides: [Tensor]) throws -> [SpanningTree] {
    if Kernel.isDry { return try SpanningTree.build(guides) }
    let guides = guides.map { $0.contiguous() }
    let keys = guides.map(TreeMemo.key)
    var found: [SpanningTree?] = state.withLock { state in
      keys.map { key in
        state.clock += 1
        guard let entry = state.entries[key] else {
          state.usage.misses += 1
          return nil
        }
        state.entries[key] = (entry.tree, state.clock)
        state.usage.hits += 1
        return entry.tree
      }
    }
    let missing = found.indices.filter { found[$0] == nil }
    for (index, tree) in zip(missing, try SpanningTree.build(missing.map { guides[$0] })) { found[index] = tree }
    state.withLock { state in
      for index in missing { insert(found[index]!, keys[index], &state) }
    }
    return found.map { $0! }
  }

  private static func key(_ guide: Tensor) -> Key {
    let start = guide.buffer.bytes + guide.offset * guide.type.byteCount
    defer { extendLifetime(guide.buffer) }
    return Key(
      content: ContentHash(UnsafeRawBufferPointer(start: start, count: guide.count * guide.type.byteCount)),
      shape: guide.shape, type: guide.type)
  }

  private func insert(_ tree: SpanningTree, _ key: Key, _ state: inout State) {
    guard tree.byteCount <= capacity, state.entries[key] == nil else { return }
    state.clock += 1
    state.entries[key] = (tree, state.clock)
    state.usage.bytes += tree.byteCount
    while state.usage.bytes > capacity, let oldest = state.entries.min(by: { $0.value.lastUse < $1.value.lastUse }) {
      state.entries[oldest.key] = nil
      state.usage.bytes -= oldest.value.tree.byteCount
    }
    state.usage.trees = state.entries.count
  }
}
