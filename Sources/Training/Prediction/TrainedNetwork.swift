import Networks
import Storage

/// A network from a file of weights alone.
public struct TrainedNetwork {
  public let network: SegmentationNetwork
  /// What the file was recognised as.
  public let recognition: NetworkRecognition
  /// Whether the weights are the running average that a checkpoint keeps, which is what was validated.
  public let isAveraged: Bool

  /// Recognises, builds and loads; no code that a file carries is run.
  /// - Throws: `RunError.otherNetwork` for weights of no built-in network; what reading the file throws.
  public init(_ file: WeightFile, hints: NetworkRecognition.Hints) throws {
    do {
      let shapes = Dictionary(file.tensors.map { ($0.name, $0.shape) }, uniquingKeysWith: { first, _ in first })
      recognition = try NetworkRecognition(shapes, hints: hints)
      network = try recognition.build()
    } catch let error as NetworkError {
      throw RunError.otherNetwork(file: file.path, error)
    }
    try network.load(try file.load(), from: file.path)
    isAveraged = try file.format == .checkpoint && network.loadAverage(of: file.path)
  }
}
