import Autograd
import Dispatch
import Tensors
import Testing
import TreeFilter

@Suite(.serialized) struct TreeMemoTests {
  private func guide(_ index: Int, _ type: ElementType = .float32) -> Tensor {
    var random = RandomStream("memo", index)
    return Tensor(random.planes(3, 12 * 10, 0, 1), 12, 10, type)
  }

  /// A published vector of MurmurHash3 x64 128, whole blocks and a rest.
  @Test func hashOfContents() {
    let hash = Array("The quick brown fox jumps over the lazy dog".utf8).withUnsafeBytes { ContentHash($0) }
    #expect(hash.low == 0xe34b_bc7b_bc07_1b6c && hash.high == 0x7a43_3ca9_c49a_9347)
  }

  @Test func equalGuidesShareATree() throws {
    let memo = TreeMemo(capacity: 1 << 20)
    let first = try MinimumSpanningTree.build(guide: guide(0), memo: memo)
    let again = try MinimumSpanningTree.build(guide: guide(0), memo: memo)
    #expect(first.trees[0] === again.trees[0])
    let other = try MinimumSpanningTree.build(guide: guide(1), memo: memo)
    #expect(other.trees[0] !== first.trees[0])
    #expect(try other.edgeIndices() == MinimumSpanningTree.build(guide: guide(1)).edgeIndices())
    #expect(memo.usage.hits == 1 && memo.usage.misses == 2 && memo.usage.trees == 2)
  }

  /// The same bytes in another shape or type are another guide.
  @Test func sizeAndTypeAreParts() throws {
    let memo = TreeMemo(capacity: 1 << 20)
    let flat = Tensor(filling: [1, 3, 12, 10], with: 0)
    _ = try MinimumSpanningTree.build(guide: flat, memo: memo)
    for shape in [[1, 3, 10, 12], [1, 1, 12, 30], [1, 3, 120, 1]] {
      let tree = try MinimumSpanningTree.build(guide: flat.reshaped(shape), memo: memo)
      #expect(tree.grid == GridGraph(height: shape[2], width: shape[3]))
    }
    _ = try MinimumSpanningTree.build(guide: Tensor(zeros: [1, 3, 12, 5], .float64), memo: memo)
    #expect(memo.usage.hits == 0 && memo.usage.misses == 5)
  }

  @Test func oldestTreesGoFirst() throws {
    let memo = TreeMemo(capacity: 1 << 20)
    _ = try MinimumSpanningTree.build(guide: guide(0), memo: memo)
    let size = memo.usage.bytes
    let small = TreeMemo(capacity: 3 * size)
    for index in [0, 1, 2, 0, 3] { _ = try MinimumSpanningTree.build(guide: guide(index), memo: small) }
    #expect(small.usage.trees == 3 && small.usage.bytes == 3 * size && small.usage.hits == 1)
    _ = try MinimumSpanningTree.build(guide: guide(0), memo: small)
    #expect(small.usage.hits == 2)
    _ = try MinimumSpanningTree.build(guide: guide(1), memo: small)
    #expect(small.usage.hits == 2)
    let none = TreeMemo(capacity: 0)
    for _ in 0..<2 { _ = try MinimumSpanningTree.build(guide: guide(0), memo: none) }
    #expect(none.usage.trees == 0 && none.usage.misses == 2)
  }

  /// What a loader prepares from one image, the loss finds for the batch.
  @Test func lossFindsWhatALoaderPrepared() throws {
    let memo = TreeMemo(capacity: 1 << 20)
    var random = RandomStream("prepared")
    let images = (0..<3).map { _ in Tensor(random.planes(3, 16 * 24, 0, 1), 16, 24, .float32) }
    let batch = Tensor(images.flatMap { $0.array(of: Float.self) }, shape: [3, 3, 16, 24])
    DispatchQueue.concurrentPerform(iterations: 3) { i in
      do {
        try memo.prepare(image: images[i].selected(0, index: 0), height: 4, width: 6)
      } catch {
        Issue.record(error)
      }
    }
    #expect(memo.usage.misses == 3)
    let coarse = Tensor((0..<3 * 2 * 24).map { _ in Float(random.uniform(-1, 1)) }, shape: [3, 2, 4, 6])
    let loss = try TreeEnergyLoss(sigma: 0.02, levels: [.low])
    func value(_ memo: TreeMemo) throws -> Double {
      try loss(
        logits: Variable(coarse), image: batch, embedding: nil, mask: Tensor(filling: [3, 16, 24], with: 1, .uint8),
        memo: memo
      ).loss.value.item
    }
    let prepared = try value(memo)
    #expect(memo.usage.hits == 3 && memo.usage.misses == 3)
    #expect(try prepared == value(TreeMemo(capacity: 0)))
    #expect(throws: TensorError.self) { try memo.prepare(image: Tensor(zeros: [4, 4]), height: 1, width: 1) }
  }

  @Test func dryRunsKeepNothing() throws {
    let memo = TreeMemo(capacity: 1 << 20)
    Kernel.isDry = true
    defer { Kernel.isDry = false }
    _ = try MinimumSpanningTree.build(guide: guide(0), memo: memo)
    #expect(memo.usage.trees == 0 && memo.usage.bytes == 0 && memo.usage.misses == 0)
  }
}
