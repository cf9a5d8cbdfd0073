import Autograd
import Tensors

/// One filter of the cascade: its trees, the scale of their distances, and the embedding that may want a gradient.
///
/// Guide and embedding are one tensor here, so the distances that a tree was built from give its weights as well.
struct TreeEnergyStage {
  let trees: [SpanningTree]
  let sigma: Double
  var embedding: Variable?
  /// What makes the trees, if that is still to be done.
  var construction: SpanningTree.Construction?
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
  /// The high level's trees until the forward pass has made them.
  private var construction: SpanningTree.Construction?
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
    construction = stages.last?.construction
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
    let recorded = Tape.record("tree energy loss", value, inputs: inputs) { [self] in try backward($0) }
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
    // The last filter may still wait for its trees: they are made beside the softmax and the filter before.
    let ready = filters.count - (construction == nil ? 0 : 1)
    let bytes = max(rowBytes, construction?.scratchBytes ?? 0)
    let trees = construction == nil ? 0 : batch
    try Scratch.parallel(trees + batch, byteCount: bytes) { piece, scratch in
      if piece < trees {
        construction?.span(piece, &scratch)
      } else {
        let image = piece - trees
        rows.softmax(
          logits.elements(of: T.self) + image * rows.channels * rows.vertices, into: rows(predictions, image))
        filter(0..<ready, image, &scratch)
      }
    }
    construction = nil
    let sums = Tensor(uninitialized: [batch], .float64)
    try Scratch.parallel(batch, byteCount: rowBytes) { image, scratch in
      filter(ready..<filters.count, image, &scratch)
      Tensor.withPointers(sums, of: Double.self) {
        $0[image] = rows.distance(
          rows(predictions, image), rows(softLabels, image), where: regionAddress(image))
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

  /// Some of the filters, of the predictions or of what the filter before them gave.
  private func filter(_ range: Range<Int>, _ image: Int, _ scratch: inout Scratch) {
    if range.isEmpty { return }
    let (room, result) = (scratch.take(rows.laneCount, of: Row.self), rows(softLabels, image))
    for index in range {
      filters[index].forward(
        image, distances: filters[index].trees[image].distances.elements(of: T.self),
        index == 0 ? rows(predictions, image) : result, into: result, scratch: room)
    }
  }

  /// An image's part of a tensor of rows.
  private func rows(_ tensor: Tensor, _ image: Int) -> UnsafeMutablePointer<Row> {
    tensor.rows(of: T.self) + image * rows.laneCount
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
    let flow = Tensor(uninitialized: predictions.shape, T.elementType)
    let outer = Kernel.isDry ? 0 : gradient.item
    let differentiates = filters.last?.differentiatesEmbedding == true
    let slots = Tensor(uninitialized: [differentiates ? batch : 0, grid.slotCount], T.elementType)
    func factor(_ image: Int) -> T { T(outer * factors.elements(of: Double.self)[image]) }
    func slotsAddress(_ image: Int) -> UnsafeMutablePointer<T> { slots.elements(of: T.self) + image * grid.slotCount }

    try Scratch.parallel(batch, byteCount: rowBytes) { image, scratch in
      let p = UnsafePointer(rows(predictions, image))
      filters[filters.count - 1].backward(
        image, rows(flow, image), from: .distance(from: p, where: regionAddress(image), factor: factor(image)),
        result: rows(softLabels, image), slots: differentiates ? slotsAddress(image) : nil,
        scratch: scratch.take(rows.laneCount, of: Row.self))
    }
    let embeddingGradient = embedding.map { Tensor(uninitialized: $0.shape, T.elementType) }
    // The way from there to the logits goes beside that to the embedding.
    let bands = embedding == nil ? 0 : (embedding!.shape[1] + TreeEnergy.band - 1) / TreeEnergy.band
    try Scratch.parallel(batch * (1 + bands), byteCount: rowBytes) { piece, scratch in
      if piece < batch {
        let (image, room) = (piece, scratch.take(rows.laneCount, of: Row.self))
        for filter in filters.dropLast().reversed() { filter.backward(image, rows(flow, image), scratch: room) }
        rows.softmaxGradient(
          rows(flow, image), rows(predictions, image), rows(softLabels, image), where: regionAddress(image),
          factor: factor(image), into: logitsGradient.elements(of: T.self) + image * rows.channels * rows.vertices,
          room: room)
      } else if let embedding, let embeddingGradient {
        let (image, band) = (piece - batch).quotientAndRemainder(dividingBy: bands)
        let channels = embedding.shape[1]
        let first = band * TreeEnergy.band
        let start = (image * channels + first) * rows.vertices
        spreadDistanceGradient(
          slotsAddress(image), embedding.elements(of: T.self) + start,
          channels: min(TreeEnergy.band, channels - first), on: grid,
          into: embeddingGradient.elements(of: T.self) + start)
      }
    }
    extendLifetime((self, embeddingGradient, flow, slots))
    return [logitsGradient] + (embeddingGradient.map { [$0] } ?? [])
  }

  /// Channels of the embedding that a piece of the way back takes.
  private static var band: Int { 16 }
}
