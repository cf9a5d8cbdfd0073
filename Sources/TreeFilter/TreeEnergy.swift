import Autograd
import Tensors

/// One filter of the cascade: its trees, the scale of their distances, and the embedding that may want a gradient.
///
/// Guide and embedding are one tensor here, so the distances that a tree was built from give its weights as well.
struct TreeEnergyStage {
  let trees: [SpanningTree]
  let sigma: Double
  let embedding: Variable?
}

/// One evaluation of the Tree Energy Loss as a single recorded operation, image by image on all threads.
///
/// Predictions stay in rows (`NodeRows`) from the softmax to the sum and back, so nothing is transposed in between. Kept for the
/// backward pass: the predictions, the soft labels, and the upward sums of the filter whose embedding wants a gradient.
final class TreeEnergy<T: FilterElement> {
  typealias Row = SIMD8<T>

  private let loss: TreeEnergyLoss
  private let logits: Tensor
  /// The embedding, if it wants a gradient; it belongs to the last filter.
  private let embedding: Tensor?
  /// Where the loss is summed: uint8 [B, h, w].
  private let region: Tensor
  private let filters: [SavedFilter<T>]
  private let rows: NodeRows
  private let grid: GridGraph
  private let batch: Int
  /// P and A as rows, [B, rows] each.
  private let predictions: Tensor
  private let softLabels: Tensor
  /// What an image's |P - A| is multiplied with: weight / (N · groups) with its group's N, 0 if N = 0; float64 [B].
  private let factors: Tensor

  init(_ loss: TreeEnergyLoss, _ logits: Variable, _ region: Tensor, _ stages: [TreeEnergyStage]) {
    (self.loss, self.logits, self.region) = (loss, logits.value.contiguous(), region)
    batch = logits.shape[0]
    grid = stages[0].trees[0].grid
    let rows = NodeRows(channels: logits.shape[1], vertices: grid.vertexCount)
    self.rows = rows
    let source = stages.last?.embedding.flatMap { $0.requiresGradient && Tape.isRecording ? $0 : nil }
    embedding = source?.value.contiguous()
    filters = stages.map {
      SavedFilter(
        $0.trees, sigma: $0.sigma, rows: rows, differentiatesEmbedding: source != nil && $0.embedding != nil)
    }
    predictions = Tensor(uninitialized: [batch, 8 * rows.laneCount], T.elementType)
    softLabels = Tensor(uninitialized: [batch, 8 * rows.laneCount], T.elementType)
    factors = Tensor(uninitialized: [batch], .float64)
  }

  /// - Parameter inputs: the logits, and the embedding if there is a high tree.
  func evaluation(_ inputs: [Variable]) throws -> TreeEnergyLoss.Evaluation {
    let value = try forward()
    let recorded = Tape.record("tree energy loss", value, inputs: inputs, backward: backward)
    let (softLabels, rows, shape) = (softLabels, rows, logits.shape)
    return TreeEnergyLoss.Evaluation(loss: recorded) {
      let result = Tensor(uninitialized: shape, T.elementType)
      Kernel.run {
        for image in 0..<shape[0] {
          rows.store(
            softLabels.rows(of: T.self) + image * rows.laneCount,
            into: result.elements(of: T.self) + image * shape[1] * rows.vertices)
        }
      }
      extendLifetime((softLabels, result))
      return result
    }
  }

  private var rowBytes: Int { Scratch.byteCount(rows.laneCount, of: Row.self) }

  private func forward() throws -> Tensor {
    let sums = Tensor(uninitialized: [batch], .float64)
    try Scratch.parallel(batch, byteCount: rowBytes) { image, scratch in
      let room = scratch.take(rows.laneCount, of: Row.self)
      let start = image * rows.laneCount
      let (p, a) = (predictions.rows(of: T.self) + start, softLabels.rows(of: T.self) + start)
      rows.load(logits.elements(of: T.self) + image * rows.channels * rows.vertices, constant: 0, into: p)
      rows.softmax(p)
      for (index, filter) in filters.enumerated() {
        let distances = filter.trees[image].distances.elements(of: T.self)
        filter.forward(image, distances: distances, index == 0 ? p : a, into: a, scratch: room)
      }
      Tensor.withPointers(sums, of: Double.self) {
        $0[image] = rows.distance(p, a, where: regionAddress(image))
      }
    }
    let value = Tensor(uninitialized: [], T.elementType)
    Kernel.run {
      Tensor.withPointers(sums, factors, of: Double.self) { sums, factors in
        setFactors(factors)
        value.fill((0..<batch).reduce(0) { $0 + factors[$1] * sums[$1] })
      }
    }
    extendLifetime((self, sums))
    return value
  }

  private func regionAddress(_ image: Int) -> UnsafePointer<UInt8> {
    Tensor.withPointers(region, of: UInt8.self) { UnsafePointer($0) + image * rows.vertices }
  }

  private func setFactors(_ factors: UnsafeMutablePointer<Double>) {
    let size = batch / loss.groups
    for group in 0..<loss.groups {
      let mask = UnsafeBufferPointer(start: regionAddress(group * size), count: size * rows.vertices)
      let pixels = mask.reduce(0) { $0 + ($1 != 0 ? 1 : 0) }
      let factor = pixels == 0 ? 0 : loss.weight / Double(pixels * loss.groups)
      for image in group * size..<(group + 1) * size { factors[image] = factor }
    }
  }

  private func backward(_ gradient: Tensor) throws -> [Tensor?] {
    let logitsGradient = Tensor(uninitialized: logits.shape, T.elementType)
    let embeddingGradient = embedding.map { Tensor(uninitialized: $0.shape, T.elementType) }
    let outer = Kernel.isDry ? 0 : gradient.item
    let bytes = 2 * rowBytes + Scratch.byteCount(grid.slotCount, of: T.self)
    try Scratch.parallel(batch, byteCount: bytes) { image, scratch in
      let flow = scratch.take(rows.laneCount, of: Row.self)
      let room = scratch.take(rows.laneCount, of: Row.self)
      let slots = scratch.take(grid.slotCount, of: T.self)
      let start = image * rows.laneCount
      let (p, a) = (predictions.rows(of: T.self) + start, softLabels.rows(of: T.self) + start)
      let factor = T(outer * factors.elements(of: Double.self)[image])
      rows.distanceGradient(p, a, where: regionAddress(image), factor: -factor, into: flow)
      for filter in filters.reversed() {
        if filter.differentiatesEmbedding, let embedding, let embeddingGradient {
          filter.backward(image, flow, result: a, scratch: room, slots: slots)
          let channels = embedding.shape[1]
          let start = image * channels * rows.vertices
          spreadDistanceGradient(
            slots, embedding.elements(of: T.self) + start, channels: channels, on: grid,
            into: embeddingGradient.elements(of: T.self) + start)
        } else {
          filter.backward(image, flow, scratch: room)
        }
      }
      rows.distanceGradient(p, a, where: regionAddress(image), factor: factor, into: room)
      rows.softmaxGradient(flow, room, p)
      rows.store(flow, into: logitsGradient.elements(of: T.self) + image * rows.channels * rows.vertices)
    }
    extendLifetime((self, embeddingGradient))
    return [logitsGradient] + (embeddingGradient.map { [$0] } ?? [])
  }
}
