import Autograd
import Tensors

/// The stages of trees and filters one by one, on noise, for measuring.
package struct TreeStages {
  /// One thing that can be done again and again.
  package struct Stage {
    package let name: String
    /// Vertices times the channels that it works on, each channel counted.
    package let values: Int
    package let body: () throws -> Void
  }

  private let grid: GridGraph
  private let channels: Int
  private let guide: Tensor
  private let embedding: Tensor

  /// - Parameters:
  ///   - channels: of what is filtered.
  ///   - embedding: channels of the embedding, whose tree is filtered along too in the whole loss.
  package init(height: Int, width: Int, channels: Int, embedding: Int) {
    grid = GridGraph(height: height, width: width)
    self.channels = channels
    guide = TreeStages.noise([1, 3, height, width], "guide")
    self.embedding = TreeStages.noise([1, embedding, height, width], "embedding")
  }

  package var vertices: Int { grid.vertexCount }

  private static func noise(_ shape: [Int], _ purpose: String) -> Tensor {
    var random = RandomStream(seed: 0, purpose: purpose)
    return Tensor((0..<shape.reduce(1, *)).map { _ in Float(random.uniform(0, 1)) }, shape: shape)
  }

  package func stages() throws -> [Stage] {
    try treeStages() + filterStages() + [
      lossStage("tree energy loss", memo: TreeMemo(capacity: 0)),
      lossStage("the same, its image's tree ready", memo: TreeMemo(capacity: 1 << 30)),
    ]
  }

  /// How many images take turns where a tree is spanned: to see one again and again suits a processor's caches and guesses, and a
  /// training never does.
  package static var images: Int { 8 }

  private func treeStages() throws -> [Stage] {
    let image = try guide.selected(0, index: 0).contiguous()
    let distances = try (0..<TreeStages.images).map {
      let image = TreeStages.noise([3, grid.height, grid.width], "image \($0)")
      return try squaredDistances(image, on: grid, of: Float.self)
    }
    var next = 0
    let flags = Tensor(uninitialized: [vertices], .uint8)
    let keys = Buffer(byteCount: Scratch.byteCount(grid.slotCount, of: Int32.self))
    let room = Buffer(byteCount: max(Boruvka.scratchBytes(grid), grid.kernelGrid.spanningTreeBytes))
    let span = Stage(name: "minimum spanning tree", values: vertices) {
      let slots = distances[next]
      next = (next + 1) % TreeStages.images
      Tensor.withPointers(flags, of: UInt8.self) { flags in
        let slots = slots.elements(of: Float.self)
        if let kernels = Processor.kernels {
          return kernels.spanningTree(slots, grid.kernelGrid, into: flags, scratch: room.bytes)
        }
        let keys = keys.bytes.assumingMemoryBound(to: Int32.self)
        Boruvka(grid: grid).orderingKeys(slots, keys)
        var scratch = Scratch(room)
        Boruvka(grid: grid).run(keys, flags, &scratch)
      }
      extendLifetime((slots, keys, room))
    }
    return [
      span,
      Stage(name: "tree with distances and order", values: vertices) { _ = try SpanningTree.build([image]) },
    ]
  }

  /// The walks over rows that lie ready.
  private func filterStages() throws -> [Stage] {
    let trees = try SpanningTree.build([try guide.selected(0, index: 0)])
    let rows = NodeRows(channels: channels, vertices: vertices)
    let filter = SavedFilter<Float>(trees, sigma: 1, rows: rows, differentiatesEmbedding: true)
    let planes = TreeStages.noise([channels, vertices], "features")
    let all = (0..<4).map { _ in Tensor(zeros: [rows.elementCount]) }
    let slots = Tensor(zeros: [grid.slotCount])
    func address(_ i: Int) -> UnsafeMutablePointer<SIMD8<Float>> { all[i].rows(of: Float.self) }
    rows.load(planes.elements(of: Float.self), constant: 1, into: address(0))
    rows.load(planes.elements(of: Float.self), constant: 0, into: address(3))
    return [
      Stage(name: "filter forward", values: vertices * channels) {
        filter.forward(
          0, distances: trees[0].distances.elements(of: Float.self), address(0), into: address(1), scratch: address(2))
        extendLifetime((all, planes))
      },
      Stage(name: "filter backward", values: vertices * channels) {
        filter.backward(
          0, address(3), result: address(1), slots: slots.elements(of: Float.self), scratch: address(2))
        extendLifetime((all, slots))
      },
    ]
  }

  /// Forward and backward with both trees.
  /// - Parameter memo: where the image's tree is found from the second time on, as a loader leaves it there in a training.
  private func lossStage(_ name: String, memo: TreeMemo) throws -> Stage {
    let loss = try TreeEnergyLoss(sigma: 0.002)
    let logits = Variable(TreeStages.noise([1, channels, grid.height, grid.width], "logits"), requiresGradient: true)
    let embedding = Variable(embedding, requiresGradient: true)
    let labels = Tensor(filling: [1, grid.height, grid.width], with: -1, .int32)
    return Stage(name: name, values: vertices * channels) {
      (logits.gradient, embedding.gradient) = (nil, nil)
      try loss(logits: logits, image: guide, embedding: embedding, labels: labels, memo: memo).loss.backward()
    }
  }
}
