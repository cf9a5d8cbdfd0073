import Tensors
import Testing
import Training

@Suite struct ScoresTests {
  /// The formulas as NumPy would have them, pixel by pixel and class by class.
  private func obvious(_ predictions: [Int32], _ labels: [Int32], classes: Int) -> (Double, [Double], Double, Double) {
    let pairs = zip(predictions, labels).filter {
      (0..<Int32(classes)).contains($1) && (0..<Int32(classes)).contains($0)
    }
    let right = Double(pairs.filter { $0 == $1 }.count) / Double(pairs.count)
    var (ious, weighted) = ([Double](), 0.0)
    for k in 0..<Int32(classes) {
      let both = Double(pairs.filter { $0 == k && $1 == k }.count)
      let either = Double(pairs.filter { $0 == k || $1 == k }.count)
      ious.append(both / either)
      let frequency = Double(pairs.filter { $1 == k }.count) / Double(pairs.count)
      if frequency > 0 { weighted += frequency * both / either }
    }
    let known = ious.filter { !$0.isNaN }
    return (right, ious, known.reduce(0, +) / Double(known.count), weighted)
  }

  @Test func scoresEqualTheirDefinitionOnRandomMaps() throws {
    var random = RandomStream(seed: 1, purpose: "scores")
    for _ in 0..<20 {
      let labels = (0..<60).map { _ in Int32(random.integer(in: -2...5)) }
      let predictions = (0..<60).map { _ in Int32(random.integer(in: 0...4)) }
      var matrix = ConfusionMatrix(classes: 6)
      try matrix.add(predictions: Tensor(predictions, shape: [6, 10]), labels: Tensor(labels, shape: [6, 10]))
      let scores = SegmentationScores(matrix)
      let (accuracy, ious, mean, weighted) = obvious(predictions, labels, classes: 6)
      #expect(abs(scores.pixelAccuracy - accuracy) < 1e-12)
      #expect(zip(scores.iouPerClass, ious).allSatisfy { ($0.isNaN && $1.isNaN) || abs($0 - $1) < 1e-12 })
      #expect(abs(scores.meanIoU - mean) < 1e-12)
      #expect(abs(scores.frequencyWeightedIoU - weighted) < 1e-12)
    }
  }

  @Test func aClassInNeitherMapIsLeftOutOfTheMean() throws {
    var matrix = ConfusionMatrix(classes: 3)
    try matrix.add(
      predictions: Tensor([0, 0, 1, 1] as [Int32], shape: [4]), labels: Tensor([0, 1, 1, -1] as [Int32], shape: [4]))
    let scores = SegmentationScores(matrix)
    #expect(matrix.counts == [1, 0, 0, 1, 1, 0, 0, 0, 0])
    #expect(scores.iouPerClass[2].isNaN && scores.accuracyPerClass[2].isNaN)
    #expect(scores.meanIoU == 0.5)
    #expect(scores.accuracyPerClass[1] == 0.5)
  }

  @Test func matricesAddUpWhateverTheSplit() throws {
    let predictions = Tensor((0..<40).map { Int32($0 * 7 % 3) }, shape: [40])
    let labels = Tensor((0..<40).map { Int32($0 * 5 % 4) - 1 }, shape: [40])
    var whole = ConfusionMatrix(classes: 3)
    try whole.add(predictions: predictions, labels: labels)
    var sum = ConfusionMatrix(classes: 3)
    for (start, count) in [(0, 13), (13, 27)] {
      var part = ConfusionMatrix(classes: 3)
      try part.add(
        predictions: predictions.narrowed(0, start: start, count: count),
        labels: labels.narrowed(0, start: start, count: count))
      sum.add(part)
    }
    #expect(sum == whole)
    #expect(throws: TensorError.self) { try sum.add(predictions: predictions, labels: Tensor(zeros: [39], .int32)) }
  }

  @Test func nothingCountedGivesNaNAndNoCrash() {
    let scores = SegmentationScores(ConfusionMatrix(classes: 2))
    #expect(scores.meanIoU.isNaN && scores.pixelAccuracy.isNaN && scores.frequencyWeightedIoU.isNaN)
  }
}
