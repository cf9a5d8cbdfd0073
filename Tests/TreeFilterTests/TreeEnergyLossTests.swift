import Autograd
import Tensors
import TestSupport
import Testing
import TreeFilter

@Suite(.serialized) struct TreeEnergyLossTests {
  private struct Result {
    var loss: Double
    var logits: Tensor
    var embedding: Tensor?
    var softLabels: Tensor
  }

  private func run(
    _ loss: TreeEnergyLoss, _ logits: Tensor, _ image: Tensor, _ embedding: Tensor?, mask: Tensor
  ) throws -> Result {
    let x = Variable(logits, requiresGradient: true)
    let e = embedding.map { Variable($0, requiresGradient: true) }
    let evaluation = try loss(logits: x, image: image, embedding: e, mask: mask)
    try evaluation.loss.backward()
    return Result(
      loss: evaluation.loss.value.item, logits: try #require(x.gradient), embedding: e?.gradient,
      softLabels: evaluation.softLabels())
  }

  /// A batch of random logits, images and embeddings in float64; about half of the pixels are unlabelled.
  private struct Batch {
    var logits, image, embedding, mask: Tensor

    init(_ purpose: String, count: Int = 1, classes: Int = 3, _ height: Int, _ width: Int, factor: Int = 4) {
      var random = RandomStream(purpose)
      func values(_ shape: [Int], _ low: Double, _ high: Double) -> Tensor {
        Tensor((0..<shape.reduce(1, *)).map { _ in random.uniform(low, high) }, shape: shape)
      }
      let full = [factor * height, factor * width]
      logits = values([count, classes, height, width], -2, 2)
      image = values([count, 3] + full, 0, 1)
      embedding = values([count, 2, height, width], 0, 1)
      let marks = (0..<count * full[0] * full[1]).map { _ in UInt8(random.integer(in: 0...1)) }
      mask = Tensor(marks, shape: [count] + full)
    }

    func image(_ range: Range<Int>) throws -> Batch {
      var part = self
      func cut(_ t: Tensor) throws -> Tensor { try t.narrowed(0, start: range.lowerBound, count: range.count) }
      part.logits = try cut(logits)
      part.image = try cut(image)
      part.embedding = try cut(embedding)
      part.mask = try cut(mask)
      return part
    }
  }

  @Test(arguments: ["tel_ade_random", "tel_citys", "tel_empty_roi", "tel_image8bit", "tel_no_high", "tel_voc"])
  func golden(name: String) throws {
    let golden = try Golden("loss.h5")
    let metadata = try golden.json("\(name)/meta_json")
    let hasHigh = try #require(metadata["has_high"] as? Bool)
    let loss = try TreeEnergyLoss(
      sigma: try #require(metadata["sigma"] as? Double), weight: try #require(metadata["weight"] as? Double),
      levels: hasHigh ? [.low, .high] : [.low])
    for type in [ElementType.float32, .float64] {
      func tensor(_ part: String) throws -> Tensor { try golden.tensor("\(name)/\(part)", type) }
      let embedding = hasHigh ? try tensor("high_feats") : nil
      let result = try run(
        loss, tensor("logits"), tensor("image"), embedding, mask: golden.tensor("\(name)/roi"))
      let expected = try golden.number("\(name)/loss_f64")
      let comment = "\(name) \(type)"
      #expect(abs(result.loss - expected) <= 1e-6 * expected, "\(comment) \(result.loss) \(expected)")
      let bound = type == .float32 ? 1e-5 : 1e-6
      expectClose(result.softLabels, try tensor("AS_final"), absolute: 2e-6, relative: bound, comment)
      expectClose(result.logits, try tensor("grad_logits"), relative: bound, comment)
      if hasHigh {
        expectClose(try #require(result.embedding), try tensor("grad_high_feats"), relative: bound, comment)
        let low = try TreeEnergyLoss(sigma: loss.sigma, weight: loss.weight, levels: [.low])
        let first = try run(low, tensor("logits"), tensor("image"), nil, mask: golden.tensor("\(name)/roi"))
        expectClose(first.softLabels, try tensor("AS_low"), absolute: 2e-6, relative: bound, comment)
      }
    }
  }

  /// The worked example with arithmetic sequences.
  @Test func workedExample() throws {
    func sequence(_ shape: [Int], _ a: Int, _ b: Int, _ m: Int, _ low: Double, _ high: Double) -> Tensor {
      let values = (0..<shape.reduce(1, *)).map { Double(($0 * a + b) % m) / Double(m) * (high - low) + low }
      return Tensor(values, shape: shape)
    }
    let logits = sequence([1, 3, 4, 4], 37, 11, 101, -2, 2)
    let image = sequence([1, 3, 8, 8], 29, 5, 97, 0, 1)
    let embedding = sequence([1, 2, 4, 4], 17, 3, 53, 0, 1)
    let mask = Tensor((0..<64).map { UInt8((5 * $0 + 2) % 7 < 4 ? 1 : 0) }, shape: [1, 8, 8])
    func first(_ t: Tensor) -> Tensor { Tensor(Array(t.array(of: Double.self).prefix(4)), shape: [4]) }
    func sum(_ t: Tensor) -> Double { t.array(of: Double.self).reduce(0) { $0 + abs($1) } }
    func expect(_ t: Tensor, _ values: [Double], _ bound: Double) {
      expectClose(first(t), Tensor(values, shape: [4]), absolute: bound)
    }

    let both = try run(TreeEnergyLoss(sigma: 0.02), logits, image, embedding, mask: mask)
    #expect(abs(both.loss - 0.234597275964) < 1e-11)
    expect(both.softLabels, [0.362450, 0.379857, 0.386451, 0.346177], 6e-7)
    expect(both.logits, [-0.00161846, -0.00074958, 0.02054346, -0.00045584], 6e-9)
    #expect(abs(sum(both.logits) - 0.198859288078) < 1e-11)
    let slope = try #require(both.embedding)
    expect(slope, [0.01209604, -0.00628261, -0.00172813, 0.00230533], 6e-9)
    #expect(abs(sum(slope) - 0.095994940379) < 1e-11)

    let low = try run(TreeEnergyLoss(sigma: 0.02, levels: [.low]), logits, image, nil, mask: mask)
    #expect(abs(low.loss - 0.083505946679) < 1e-11)
    expect(low.softLabels, [0.277518, 0.477509, 0.493969, 0.119444], 6e-7)
    expect(low.logits, [-0.00100897, -0.00020054, 0.00273365, -0.00050100], 6e-9)
    #expect(abs(sum(low.logits) - 0.082960459519) < 1e-11)
    #expect(
      try MinimumSpanningTree.build(guide: embedding).edgeIndices()
        == [0, 1, 3, 4, 7, 10, 12, 13, 16, 17, 19, 20, 21, 22, 23])
  }

  @Test(arguments: [[TreeEnergyLoss.Level.low], [.high], [.low, .high]])
  func finiteDifferences(levels: [TreeEnergyLoss.Level]) throws {
    let batch = Batch("differences", count: 2, 4, 3)
    let loss = try TreeEnergyLoss(sigma: 0.3, weight: 1.5, levels: Set(levels))
    let result = try run(loss, batch.logits, batch.image, batch.embedding, mask: batch.mask)
    #expect((result.embedding != nil) == levels.contains(.high))
    func value(_ logits: Tensor, _ embedding: Tensor) throws -> Double {
      try loss(logits: Variable(logits), image: batch.image, embedding: Variable(embedding), mask: batch.mask)
        .loss.value.item
    }
    func check(_ gradient: Tensor, _ tensor: Tensor, _ value: (Tensor) throws -> Double) throws {
      let slopes = gradient.array(of: Double.self)
      for i in 0..<tensor.count {
        func moved(_ step: Double) throws -> Double {
          var values = tensor.array(of: Double.self)
          values[i] += step
          return try value(Tensor(values, shape: tensor.shape))
        }
        #expect(abs((try moved(1e-6) - moved(-1e-6)) / 2e-6 - slopes[i]) < 1e-8)
      }
    }
    try check(result.logits, batch.logits) { try value($0, batch.embedding) }
    if let embedding = result.embedding { try check(embedding, batch.embedding) { try value(batch.logits, $0) } }
  }

  /// The loss written with the filter as an operation of its own.
  @Test func equalsItsParts() throws {
    let batch = Batch("parts", count: 2, classes: 9, 6, 7, factor: 1)
    let loss = try TreeEnergyLoss(sigma: 0.05, weight: 0.7)
    let result = try run(loss, batch.logits, batch.image, batch.embedding, mask: batch.mask)
    var shares = Tensor(uninitialized: batch.logits.shape, .float64)
    for image in 0..<2 {
      let planes = try batch.logits.narrowed(0, start: image, count: 1).planes.map { $0.map(Double.exponential) }
      let softmax = planes.map { plane in plane.indices.map { v in plane[v] / planes.reduce(0) { $0 + $1[v] } } }
      try shares.narrowed(0, start: image, count: 1).assign(Tensor(softmax, 6, 7))
    }
    shares = shares.contiguous()
    let low = try treeFilter(
      Variable(shares), embedding: Variable(batch.image), tree: .build(guide: batch.image), sigma: 0.05)
    let both = try treeFilter(low, embedding: Variable(batch.embedding), tree: .build(guide: batch.embedding))
    expectClose(result.softLabels, both.value, absolute: 1e-14)
    let mask = batch.mask.array(of: UInt8.self)
    var (total, pixels) = (0.0, 0.0)
    for (index, (p, a)) in zip(shares.array(of: Double.self), both.value.array(of: Double.self)).enumerated() {
      if mask[index / (9 * 42) * 42 + index % 42] != 0 { total += abs(p - a) }
    }
    for m in mask { pixels += Double(m) }
    #expect(abs(result.loss - 0.7 * total / pixels) < 1e-13)
  }

  @Test func groupsNormaliseOnTheirOwn() throws {
    let batch = Batch("groups", count: 6, 5, 4)
    try batch.mask.narrowed(0, start: 2, count: 2).fill(0)
    let whole = try run(
      TreeEnergyLoss(sigma: 0.1, groups: 3), batch.logits, batch.image, batch.embedding, mask: batch.mask)
    var sum = 0.0
    for group in 0..<3 {
      let range = 2 * group..<2 * group + 2
      let part = try batch.image(range)
      let one = try run(TreeEnergyLoss(sigma: 0.1), part.logits, part.image, part.embedding, mask: part.mask)
      sum += one.loss / 3
      #expect((one.loss == 0) == (group == 1))
      let third = Tensor(one.logits.array(of: Double.self).map { $0 / 3 }, shape: one.logits.shape)
      expectClose(try whole.logits.narrowed(0, start: range.lowerBound, count: 2), third, absolute: 1e-15)
    }
    #expect(abs(whole.loss - sum) < 1e-14)
    #expect(throws: TreeError.batchGroups(operation: "tree_energy", groups: 4, batch: 6)) {
      try run(TreeEnergyLoss(sigma: 0.1, groups: 4), batch.logits, batch.image, batch.embedding, mask: batch.mask)
    }
  }

  @Test func labelsDecideWhereTheLossActs() throws {
    let batch = Batch("labels", 6, 5, factor: 2)
    let marks = batch.mask.array(of: UInt8.self)
    let labels = marks.enumerated().map { i, m in m != 0 ? Int32(-1) : i % 3 == 0 ? -2 : Int32(i % 3) }
    let loss = try TreeEnergyLoss(sigma: 0.1)
    let byLabels = try loss(
      logits: Variable(batch.logits), image: batch.image, embedding: Variable(batch.embedding),
      labels: Tensor(labels, shape: [1, 12, 10]))
    let byMask = try run(loss, batch.logits, batch.image, batch.embedding, mask: batch.mask)
    #expect(byLabels.loss.value.item == byMask.loss)
    let none = try run(loss, batch.logits, batch.image, batch.embedding, mask: Tensor(zeros: [1, 12, 10], .uint8))
    #expect(none.loss == 0 && none.logits.largest == 0 && none.embedding?.largest == 0)
  }

  @Test func extremeLogits() throws {
    var batch = Batch("extreme", 8, 8)
    batch.logits = Tensor(batch.logits.array(of: Double.self).map { $0 * 400 }, shape: batch.logits.shape)
    let exact = try run(TreeEnergyLoss(sigma: 0.002), batch.logits, batch.image, batch.embedding, mask: batch.mask)
    let single = try run(
      TreeEnergyLoss(sigma: 0.002), batch.logits.converted(to: .float32), batch.image.converted(to: .float32),
      batch.embedding.converted(to: .float32), mask: batch.mask)
    #expect(exact.loss.isFinite && single.loss.isFinite)
    #expect(abs(single.loss - exact.loss) < 1e-4 * exact.loss)
    #expect(single.logits.array(of: Float.self).allSatisfy { $0.isFinite })
  }

  @Test func wrongArguments() throws {
    let batch = Batch("wrong", 4, 4)
    let loss = try TreeEnergyLoss(sigma: 0.1)
    func call(
      logits: Tensor? = nil, image: Tensor? = nil, embedding: Tensor?, mask: Tensor? = nil
    ) throws {
      _ = try loss(
        logits: Variable(logits ?? batch.logits), image: image ?? batch.image,
        embedding: embedding.map { Variable($0) }, mask: mask ?? batch.mask)
    }
    let e = batch.embedding
    #expect(throws: TreeError.missingEmbedding) { try call(embedding: nil) }
    #expect(throws: TensorError.self) { try call(embedding: Tensor(zeros: [1, 2, 4, 5], .float64)) }
    #expect(throws: TensorError.self) { try call(embedding: e.converted(to: .float32)) }
    #expect(throws: TensorError.self) { try call(logits: Tensor(zeros: [4, 4], .float64), embedding: e) }
    #expect(throws: TensorError.self) { try call(image: Tensor(zeros: [2, 3, 16, 16]), embedding: e) }
    #expect(throws: TensorError.self) { try call(embedding: e, mask: Tensor(zeros: [1, 4, 4], .uint8)) }
    #expect(throws: TensorError.self) { try call(embedding: e, mask: batch.mask.converted(to: .float32)) }
    #expect(throws: TreeError.sigma(operation: "tree_energy", found: 0)) { try TreeEnergyLoss(sigma: 0) }
    #expect(throws: TreeError.levels(found: [])) { try TreeEnergyLoss(sigma: 1, levels: []) }
  }

  @Test func dryRunsTakeMemoryAndComputeNothing() throws {
    let batch = Batch("dry", classes: 19, 16, 16)
    Kernel.isDry = true
    defer { Kernel.isDry = false }
    let x = Variable(batch.logits, requiresGradient: true)
    let evaluation = try TreeEnergyLoss(sigma: 0.1)(
      logits: x, image: batch.image, embedding: Variable(batch.embedding, requiresGradient: true), mask: batch.mask,
      memo: TreeMemo(capacity: 1 << 20))
    try evaluation.loss.backward()
    #expect(x.gradient?.shape == batch.logits.shape)
    #expect(evaluation.softLabels().shape == batch.logits.shape)
  }
}
