import Datasets
import Storage

/// What the published evaluation of a benchmark did that one would not do on purpose, so that scores can be compared with its own.
///
/// Everything else (sizes, scales, mirroring) a recipe says itself.
public struct PublishedEvaluation: Sendable, Equatable {
  /// While training, only the first image of each process's batch was scored.
  var scoresFirstOfBatch = false
  /// While training, padding was black before normalisation; in a test it was the mean colour.
  var padsBlackInTraining = false
  /// Images are brought to this size, proportions not kept.
  var squashed: EvaluationTransform.Size?
  /// Pictures of labels have red and blue exchanged.
  var exchangesRedAndBlue = false

  public static let cityscapes = PublishedEvaluation()
  public static let ade20k = PublishedEvaluation(
    scoresFirstOfBatch: true, padsBlackInTraining: true, exchangesRedAndBlue: true)
  public static let voc2012 = PublishedEvaluation(squashed: .exact(width: 512, height: 512))

  /// Processes that shared the images while training, and images of a process's batch.
  private static let (processes, batch) = (4, 4)

  /// The evaluation that a recipe describes, done as published.
  /// - Parameter inTraining: a validation while training, and not the test of a finished network.
  public func applied(to data: ValidationData, inTraining: Bool) -> ValidationData {
    var data = data
    data.rules = "published"
    data.transform = transform(data.transform)
    if exchangesRedAndBlue {
      data.palette = data.palette.map { RGB($0.blue, $0.green, $0.red) }
      if !inTraining { data.peculiarities.append("red and blue of label pictures exchanged") }
    }
    guard inTraining else { return data }
    if padsBlackInTraining { data.transform.padding = .black }
    let count = data.dataset.count
    let dealt = Self.dealt(count)
    if scoresFirstOfBatch {
      data.indices = stride(from: 0, to: dealt.count, by: Self.processes * Self.batch).flatMap { start in
        dealt[start..<min(dealt.count, start + Self.processes)]
      }
      data.peculiarities.append("of \(count): the first of each process's batch of \(Self.batch)")
    } else if dealt.count > count {
      data.indices = dealt
      data.peculiarities.append("of \(count): filled up from the start for \(Self.processes) processes")
    }
    return data
  }

  /// How a test brings images to the network, where a recipe would do it by `transform`.
  public func transform(_ transform: EvaluationTransform) -> EvaluationTransform {
    var result = transform
    if let squashed { result.size = squashed }
    return result
  }

  /// Image numbers in the order in which processes took them by turns: that of names, filled up from the start to a multiple of the
  /// processes. (Which images a published run met at which place is not known; how many is.)
  private static func dealt(_ count: Int) -> [Int] {
    let whole = (count + processes - 1) / processes * processes
    return (0..<whole).map { $0 % max(1, count) }
  }
}
