import Tensors
import Testing

@Suite struct TensorOperationTests {
  let x = Tensor((1...6).map(Float.init), shape: [2, 3])

  @Test func viewsShareAndCopiesDont() throws {
    let column = try x.copy().selected(1, index: 1)
    #expect(column.array(of: Float.self) == [2, 5])
    let whole = x.copy()
    try whole.narrowed(1, start: 0, count: 2).fill(0)
    #expect(whole.array(of: Float.self) == [0, 0, 3, 0, 0, 6])
    #expect(try x.permuted([1, 0]).array(of: Float.self) == [1, 4, 2, 5, 3, 6])
    #expect(try x.flipped(1).array(of: Float.self) == [3, 2, 1, 6, 5, 4])
    #expect(try x.unsqueezed(0).expanded(to: [2, 2, 3]).array(of: Float.self) == [1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6])
    #expect(try x.reshaped([-1, 2]).shape == [3, 2])
  }

  @Test func typesMeetAsDocumented() throws {
    let bytes = Tensor([250, 10] as [UInt8], shape: [2])
    let sum = try Tensor.combining(.add, bytes, bytes)
    #expect(sum.type == .int32 && sum.array(of: Int32.self) == [500, 20])
    #expect(try Tensor.combining(.divide, bytes, bytes).type == .float32)
    #expect(try Tensor.combining(.add, bytes, Tensor([0.5], shape: [1])).array(of: Double.self) == [250.5, 10.5])
    #expect(Tensor([300.7, -5, .nan], shape: [3]).converted(to: .uint8).array(of: UInt8.self) == [255, 0, 0])
    #expect(Tensor([-1.9, 1.9], shape: [2]).converted(to: .int32).array(of: Int32.self) == [-1, 1])
  }

  @Test func reductionsAgreeWithThePlainSum() throws {
    var random = RandomStream(seed: 3, purpose: "reductions")
    let shape = [3, 5, 7]
    let values = (0..<105).map { _ in random.uniform(-1, 1) }
    let x = Tensor(values, shape: shape)
    #expect(abs(try x.sum().item - values.reduce(0, +)) < 1e-12)
    for d in 0..<3 {
      let sums = try x.sum(d).array(of: Double.self)
      let (best, places) = try x.extreme(largest: true, d)
      let inner = shape[(d + 1)...].reduce(1, *)
      for (slot, sum) in sums.enumerated() {
        let (o, i) = (slot / inner, slot % inner)
        let row = (0..<shape[d]).map { values[(o * shape[d] + $0) * inner + i] }
        #expect(abs(row.reduce(0, +) - sum) < 1e-12)
        #expect(best.array(of: Double.self)[slot] == row.max())
        #expect(row[Int(places.array(of: Int64.self)[slot])] == row.max())
      }
    }
    #expect(try Tensor([1, 2, 3] as [UInt8], shape: [3]).sum().array(of: Int64.self) == [6])
  }

  @Test func largestComeInOrder() throws {
    let (values, indices) = try Tensor([3, 1, 4, 1, 5, 9] as [Float], shape: [2, 3]).largest(2, 1)
    #expect(values.array(of: Float.self) == [4, 3, 9, 5])
    #expect(indices.array(of: Int64.self) == [2, 0, 2, 1])
  }

  @Test func oneHotKnowsItsClasses() throws {
    let labels = Tensor([0, 2, -1] as [Int32], shape: [1, 3])
    #expect(try labels.oneHot(3).array(of: Float.self) == [1, 0, 0, 0, 0, 0, 0, 1, 0])
  }

  @Test func wrongArgumentsExplainThemselves() {
    #expect(throws: TensorError.self) { try x.reshaped([4, 2]) }
    #expect(throws: TensorError.self) { try x.selected(1, index: 3) }
    #expect(throws: TensorError.self) { try x.permuted([0, 0]) }
    #expect(throws: TensorError.self) { try Tensor.combining(.add, x, Tensor([1, 2] as [Float], shape: [2])) }
    #expect(throws: TensorError.self) { try x.gathered(1, Tensor([3] as [Int64], shape: [1, 1])) }
    #expect(throws: TensorError.self) { try Tensor.concatenated([x, Tensor(zeros: [3, 3])], 1) }
    #expect(throws: TensorError.self) { try Tensor(zeros: [0]).extreme(largest: true, 0) }
  }

  @Test func dryRunsCountMemoryAndComputeNothing() throws {
    Kernel.isDry = true
    defer { Kernel.isDry = false }
    let before = BufferPool.shared.usage.live
    let big = Tensor(zeros: [1 << 30])
    let sum = try Tensor.combining(.add, big, big)
    #expect(BufferPool.shared.usage.live - before >= 2 << 32)
    #expect(sum.shape == [1 << 30])
    extendLifetime(big)
  }

  @Test func randomStreamsDependOnTheirPurposeOnly() {
    var a = RandomStream(seed: 1, purpose: "crop", epoch: 2, index: 3)
    var b = RandomStream(seed: 1, purpose: "crop", epoch: 2, index: 3)
    var c = RandomStream(seed: 1, purpose: "flip", epoch: 2, index: 3)
    let first = (0..<4).map { _ in a.next() }
    #expect(first == (0..<4).map { _ in b.next() })
    #expect(first != (0..<4).map { _ in c.next() })
    var draws = Set<Int>()
    for _ in 0..<200 { draws.insert(a.integer(in: -1...2)) }
    #expect(draws == [-1, 0, 1, 2])
    #expect(a.shuffled(Array(0..<50)).sorted() == Array(0..<50))
  }
}
