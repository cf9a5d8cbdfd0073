import Datasets
import Foundation
import Storage
import Synchronization
import Tensors

/// Compares predicted label files with true ones, by file name.
public struct LabelScoring: Sendable {
  private let pairs: [Pair]
  /// Names of predictions that nothing is known to be true of, and of true label files that nothing was predicted for.
  public let withoutTruth: [String]
  public let withoutPrediction: [String]

  private struct Pair: Sendable {
    let prediction: String
    let truth: String
  }

  public var count: Int { pairs.count }

  /// Files pair by their names below the two folders, without extension; where both have names of Cityscapes, by city,
  /// sequence and frame.
  public init(predictions: [ImageFiles.Entry], truth: [ImageFiles.Entry]) {
    let byName = Dictionary(truth.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    let byFrame = Dictionary(
      truth.compactMap { file in LabelFiles.frame(of: file.name).map { ($0, file) } },
      uniquingKeysWith: { first, _ in first })
    var (pairs, lonely, used) = ([Pair](), [String](), Set<String>())
    for file in predictions {
      if let partner = byName[file.name] ?? LabelFiles.frame(of: file.name).flatMap({ byFrame[$0] }) {
        pairs.append(Pair(prediction: file.path, truth: partner.path))
        used.insert(partner.name)
      } else {
        lonely.append(file.name)
      }
    }
    (self.pairs, withoutTruth) = (pairs, lonely)
    withoutPrediction = truth.map(\.name).filter { !used.contains($0) }
  }

  /// What came of it.
  public struct Outcome: Sendable {
    public var counts = LabelPairs()
    /// Pairs that were compared.
    public var images = 0
    /// Pairs that were not, for reasons that were told.
    public var failed = 0
  }

  /// - Parameters:
  ///   - progress: called with the number of pairs tried, from any thread, one call at a time.
  ///   - failure: called for each pair that can't be compared, in the same way.
  /// - Throws: `Interrupted`
  public func run(
    progress: @escaping @Sendable (Int) -> Void = { _ in },
    failure: @escaping @Sendable (String, any Error) -> Void
  ) throws -> Outcome {
    let state = Mutex((outcome: Outcome(), tried: 0))
    try Kernel.parallel(pairs.count) { index in
      let pair = pairs[index]
      var path = pair.prediction
      do {
        let prediction = try ImageFile.readLabels(path)
        path = pair.truth
        let truth = try ImageFile.readLabels(path)
        path = pair.prediction
        guard (prediction.width, prediction.height) == (truth.width, truth.height) else {
          throw LabelScoringError.sizesDiffer(
            prediction: "\(prediction.width)x\(prediction.height)", truth: "\(truth.width)x\(truth.height)",
            file: pair.truth)
        }
        var counts = LabelPairs()
        counts.add(prediction: prediction, truth: truth)
        state.withLock {
          $0.outcome.counts.add(counts)
          $0.outcome.images += 1
        }
      } catch {
        state.withLock {
          $0.outcome.failed += 1
          failure(path, error)
        }
      }
      state.withLock {
        $0.tried += 1
        progress($0.tried)
      }
    }
    return state.withLock { $0.outcome }
  }
}

/// What can be wrong with label files that are scored.
public enum LabelScoringError: ExplainedError, Equatable {
  case sizesDiffer(prediction: String, truth: String, file: String)
  /// No prediction has a partner.
  case noPairs(predictions: String, first: String, truth: String, firstTruth: String)
  /// The scores leave something out.
  case incomplete(count: Int)

  public var explanation: Explanation {
    switch self {
    case .sizesDiffer(let prediction, let truth, let file):
      Explanation(
        "the prediction is \(prediction), and what is true \(truth): \(file)", expected: "label maps of one size",
        advice: "predict at the size of the images")
    case .noPairs(let predictions, let first, let truth, let firstTruth):
      Explanation(
        "no prediction has the name of a true label file", place: predictions,
        expected: "names as in \(truth), say \(firstTruth), and not \(first)")
    case .incomplete(let count):
      Explanation("\(count == 1 ? "1 file is" : "\(count) files are") not in the scores, for the reasons above")
    }
  }
}
