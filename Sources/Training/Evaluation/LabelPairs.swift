import Datasets
import Storage
import Tensors

/// How often each value of true label maps met each value of predicted ones: all that scores of label files are computed from,
/// whatever the values turn out to mean.
public struct LabelPairs: Sendable, Equatable {
  /// `[true value, predicted value]`, 256 of each.
  private var counts = [Int](repeating: 0, count: 256 * 256)

  public init() {}

  /// Counts the pixels of one image; both maps have 1 channel and one size.
  public mutating func add(prediction: Image8, truth: Image8) {
    precondition(prediction.channels == 1 && truth.channels == 1)
    precondition((prediction.width, prediction.height) == (truth.width, truth.height))
    counts.withUnsafeMutableBufferPointer { counts in
      prediction.pixels.withUnsafeBufferPointer { prediction in
        truth.pixels.withUnsafeBufferPointer { truth in
          for i in truth.indices { counts[Int(truth[i]) << 8 | Int(prediction[i])] += 1 }
        }
      }
    }
  }

  public mutating func add(_ other: LabelPairs) {
    for index in counts.indices { counts[index] += other.counts[index] }
  }

  /// Pixels of each true value.
  public var truth: [Int] { (0..<256).map { row in counts[row << 8..<(row + 1) << 8].reduce(0, +) } }

  /// Pixels of each true or predicted value.
  public var occurring: [Int] {
    zip(truth, (0..<256).map { column in (0..<256).reduce(0) { $0 + counts[$1 << 8 | column] } }).map(+)
  }

  /// The scores, by what the values mean. Pixels without a class in truth are left out. Those that have one, and a value of no
  /// class in the prediction, are missed, and count as wrong; ADE20K's and VOC's published scripts leave them out as well.
  public func scores(_ convention: LabelConvention) -> (scores: SegmentationScores, missed: Int) {
    let table = convention.coding.trainIDs.map { $0 == Sample.unlabelled ? nil : Int($0) }
    var matrix = ConfusionMatrix(classes: convention.coding.classes.count)
    var missed = [Int](repeating: 0, count: matrix.classes)
    for (row, truth) in table.enumerated() {
      guard let truth else { continue }
      for (column, prediction) in table.enumerated() where counts[row << 8 | column] > 0 {
        let pixels = counts[row << 8 | column]
        if let prediction {
          matrix.add(truth: truth, prediction: prediction, pixels: pixels)
        } else {
          missed[truth] += pixels
        }
      }
    }
    let leavesOut = convention.name == .ade20k || convention.name == .voc
    return (SegmentationScores(matrix, missed: leavesOut ? nil : missed), missed.reduce(0, +))
  }

  /// How the scores of `images` label files came about, in one line.
  public static func protocolLine(images: Int, _ convention: LabelConvention) -> String {
    let (values, missed) =
      switch convention.name {
      case .cityscapes: ("Cityscapes' label ids of 19 classes", "counted as wrong")
      case .ade20k: ("ADE20K's values less 1, 150 classes", "left out")
      case .voc: ("VOC's values, 21 classes", "left out")
      case .plain: ("values as they are, \(convention.coding.classes.count) classes", "counted as wrong")
      }
    return "\(images) label files at their own size, \(values); pixels without a class in truth left out, "
      + "predictions of no class \(missed); mean over the classes that occur"
  }
}
