import Storage
import Tensors

/// One image of a data set with its labels, on its way to the network.
public struct Sample: Sendable, Equatable {
  /// 3 channels, in the order of files: red, green, blue. Networks get blue, green, red; `Batch` and `NetworkInput` turn it.
  public var image: Image8
  /// 1 channel, of the image's size: classes counted from 0 (train ids), `Sample.unlabelled` where there is none.
  public var labels: Image8
  public var name: String
  /// Added to every channel of the network's input, not to the picture that the tree loss sees; -255…255.
  public var brightness = 0

  /// The label of pixels without a class: void, or not labelled.
  public static let unlabelled: UInt8 = 255

  public init(image: Image8, labels: Image8, name: String) {
    (self.image, self.labels, self.name) = (image, labels, name)
  }
}

/// Images with labels, numbered from 0. Implementations are asked from several threads at once.
public protocol Dataset: Sendable {
  var count: Int { get }
  /// Names and colours of the classes, in the order of their train ids.
  var classes: ClassList { get }
  /// Whether samples may only be taken on the thread that asks the loader for batches (a script's functions).
  var requiresCallerThread: Bool { get }
  /// What the user should be told about the data; filled while samples are read.
  var notices: Notices { get }

  func name(_ index: Int) -> String
  /// - Parameters:
  ///   - index: 0..<count
  ///   - random: a stream for data sets that make their samples; it differs for each epoch and sample
  func sample(_ index: Int, random: RandomStream) throws -> Sample
}

extension Dataset {
  public var requiresCallerThread: Bool { false }

  /// The sample as evaluation sees it, always the same.
  public func sample(_ index: Int) throws -> Sample {
    try sample(index, random: RandomStream(seed: 0, purpose: "evaluation", index: index))
  }
}
