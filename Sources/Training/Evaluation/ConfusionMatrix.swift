import Tensors

/// How many pixels of each true class were predicted as each class: what every score is computed from.
public struct ConfusionMatrix: Equatable, Sendable {
  public let classes: Int
  /// Row-major `[true class, predicted class]`.
  public private(set) var counts: [Int]

  public init(classes: Int) {
    self.classes = classes
    counts = [Int](repeating: 0, count: classes * classes)
  }

  public subscript(truth: Int, prediction: Int) -> Int { counts[truth * classes + prediction] }

  /// Counts pixels whose true and predicted class both lie in `0..<classes`; all others (unlabelled, void) are left out.
  /// - Parameters: integer tensors of one shape.
  public mutating func add(predictions: Tensor, labels: Tensor) throws {
    guard predictions.shape == labels.shape else {
      throw TensorError.shape(
        operation: "confusion matrix", found: "\(predictions.shape) and \(labels.shape)", expected: "one shape")
    }
    if Kernel.isDry { return }
    let (predictions, labels) = (predictions.converted(to: .int32), labels.converted(to: .int32))
    let (a, b) = (predictions.contiguous(), labels.contiguous())
    Tensor.withPointers(a, b, of: Int32.self) { add(predictions: $0, labels: $1, count: a.count) }
  }

  mutating func add(predictions: UnsafePointer<Int32>, labels: UnsafePointer<Int32>, count: Int) {
    let classes = classes
    counts.withUnsafeMutableBufferPointer { counts in
      for i in 0..<count {
        let (truth, prediction) = (Int(labels[i]), Int(predictions[i]))
        if truth >= 0 && truth < classes && prediction >= 0 && prediction < classes {
          counts[truth * classes + prediction] += 1
        }
      }
    }
  }

  /// Counts `pixels` pixels of one true class that were predicted as another, or the same.
  public mutating func add(truth: Int, prediction: Int, pixels: Int) {
    precondition((0..<classes).contains(truth) && (0..<classes).contains(prediction))
    counts[truth * classes + prediction] += pixels
  }

  /// Adds the counts of another matrix over the same classes.
  public mutating func add(_ other: ConfusionMatrix) {
    precondition(classes == other.classes)
    for i in counts.indices { counts[i] += other.counts[i] }
  }
}

/// The scores of a confusion matrix, as fractions of 1. NaN where a class (or everything) has nothing to count.
public struct SegmentationScores: Equatable, Sendable {
  /// Share of pixels that are right.
  public let pixelAccuracy: Double
  /// Share of each true class's pixels that are right.
  public let accuracyPerClass: [Double]
  /// Intersection over union of each class; NaN for a class in neither predictions nor truth.
  public let iouPerClass: [Double]
  /// Mean of `iouPerClass` without the NaN ones.
  public let meanIoU: Double
  /// `iouPerClass` weighted by how frequent each class is in truth.
  public let frequencyWeightedIoU: Double

  /// - Parameter missed: pixels of each true class that were predicted as no class at all, and count as wrong; none unless given.
  public init(_ matrix: ConfusionMatrix, missed: [Int]? = nil) {
    let classes = 0..<matrix.classes
    let rows = classes.map { row in classes.reduce(missed?[row] ?? 0) { $0 + matrix[row, $1] } }
    let columns = classes.map { column in classes.reduce(0) { $0 + matrix[$1, column] } }
    let right = classes.map { matrix[$0, $0] }
    let total = rows.reduce(0, +)
    // 0/0 is NaN, which is what a class without pixels is meant to have.
    let iou = classes.map { Double(right[$0]) / Double(rows[$0] + columns[$0] - right[$0]) }
    pixelAccuracy = Double(right.reduce(0, +)) / Double(total)
    accuracyPerClass = classes.map { Double(right[$0]) / Double(rows[$0]) }
    iouPerClass = iou
    let known = iou.filter { !$0.isNaN }
    meanIoU = known.reduce(0, +) / Double(known.count)
    frequencyWeightedIoU =
      total == 0
      ? .nan : classes.reduce(0) { rows[$1] > 0 ? $0 + Double(rows[$1]) / Double(total) * iou[$1] : $0 }
  }
}
