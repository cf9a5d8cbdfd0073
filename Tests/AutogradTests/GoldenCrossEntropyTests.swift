import Autograd
import Tensors
import TestSupport
import Testing

/// The segmentation loss of the published system: labels resized by nearest, the mean over pixels with a class.
@Suite struct GoldenCrossEntropyTests {
  private func check(_ gradient: Tensor?, _ expected: Tensor, _ type: ElementType) throws {
    expectClose(try #require(gradient), expected, relative: type == .float32 ? 1e-5 : 1e-6)
  }

  @Test(arguments: ["fsce_150", "fsce_resized_labels", "fsce_same_size", "fsce_upsampled_labels"])
  func oneOutput(name: String) throws {
    let golden = try Golden("loss.h5")
    for type in [ElementType.float32, .float64] {
      let logits = Variable(try golden.tensor("\(name)/logits0", type), requiresGradient: true)
      let labels = try golden.tensor("\(name)/labels")
      let resized = try labels.resized(height: logits.shape[2], width: logits.shape[3], .nearest)
      let expectedLabels = try golden.tensor("\(name)/labels_resized").array(of: Int32.self)
      // The published system counts padding (-2) as unlabelled (-1).
      #expect(resized.array(of: Int32.self).map { max($0, -1) } == expectedLabels.map { max($0, -1) })
      let (loss, pixels) = try logits.crossEntropy(labels: labels)
      #expect(pixels == expectedLabels.count { $0 >= 0 })
      let expected = try golden.number("\(name)/loss_f64")
      #expect(abs(loss.value.item - expected) <= 1e-6 * expected)
      try loss.backward()
      try check(logits.gradient, try golden.tensor("\(name)/grad_logits0"), type)
    }
  }

  /// 0/0 in the published system; here such a batch contributes nothing.
  @Test func noPixelWithAClass() throws {
    let golden = try Golden("loss.h5")
    #expect(try golden.number("fsce_all_ignored_nan/loss_f64").isNaN)
    let logits = Variable(try golden.tensor("fsce_all_ignored_nan/logits0"), requiresGradient: true)
    let (loss, pixels) = try logits.crossEntropy(labels: golden.tensor("fsce_all_ignored_nan/labels"))
    #expect(pixels == 0 && loss.value.item == 0)
    try loss.backward()
    #expect(try #require(logits.gradient).array(of: Float.self).allSatisfy { $0 == 0 })
  }

  @Test func twoOutputs() throws {
    let golden = try Golden("loss.h5")
    for type in [ElementType.float32, .float64] {
      let logits = try (0..<2).map {
        Variable(try golden.tensor("fsauxce/logits\($0)", type), requiresGradient: true)
      }
      let labels = try golden.tensor("fsauxce/labels")
      var total = 0.0
      for (output, weight) in zip(logits, [0.4, 1.0]) {
        let loss = try output.crossEntropy(labels: labels).loss
        total += weight * loss.value.item
        try loss.backward(Tensor(scalar: weight, type))
      }
      let expected = try golden.number("fsauxce/loss_f64")
      #expect(abs(total - expected) <= 1e-6 * expected)
      for (index, output) in logits.enumerated() {
        try check(output.gradient, try golden.tensor("fsauxce/grad_logits\(index)"), type)
      }
    }
  }
}
