import Storage
import Tensors

/// Samples that a function gives, say one of a script.
public struct CustomDataset: Dataset {
  public let count: Int
  public let classes: ClassList
  public let requiresCallerThread: Bool
  public let notices = Notices()
  private let names: (@Sendable (Int) -> String)?
  private let get: @Sendable (Int, RandomStream) throws -> Sample

  /// - Parameters:
  ///   - requiresCallerThread: whether `get` may only run on the thread that asks for batches
  ///   - names: names known without making the sample; else samples are called by their numbers until made
  ///   - get: gives sample 0..<count with train ids; the stream differs for each epoch and sample
  public init(
    count: Int, classes: ClassList, requiresCallerThread: Bool, names: (@Sendable (Int) -> String)? = nil,
    get: @escaping @Sendable (Int, RandomStream) throws -> Sample
  ) {
    (self.count, self.classes, self.requiresCallerThread) = (count, classes, requiresCallerThread)
    (self.names, self.get) = (names, get)
  }

  public func name(_ index: Int) -> String { names?(index) ?? "sample \(index)" }

  /// The function's sample, checked: 3 channels, labels of the same size, classes that exist.
  public func sample(_ index: Int, random: RandomStream) throws -> Sample {
    let sample = try get(index, random)
    let (image, labels) = (sample.image, sample.labels)
    if image.channels != 3 { throw DatasetError.notThreeChannels(name: sample.name, found: image.channels) }
    if (image.width, image.height) != (labels.width, labels.height) || labels.channels != 1 {
      throw DatasetError.sizesDiffer(
        image: sample.name, imageSize: "\(image.width)x\(image.height)", labels: "its labels",
        labelsSize: "\(labels.width)x\(labels.height)" + (labels.channels == 1 ? "" : "x\(labels.channels)"))
    }
    if let wrong = labels.pixels.first(where: { $0 != Sample.unlabelled && Int($0) >= classes.count }) {
      throw DatasetError.classOutside(name: sample.name, value: Int(wrong), classes: classes.count)
    }
    return sample
  }
}
