import Storage
import Synchronization
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
  /// The value that label files have for each train id, 256 of them; for ids of no class, `Sample.unlabelled`.
  var labelIDs: [UInt8] { get }
  /// Whether samples may only be taken on the thread that asks the loader for batches (a script's functions).
  var requiresCallerThread: Bool { get }
  /// What the user should be told about the data; filled while samples are read.
  var notices: Notices { get }

  func name(_ index: Int) -> String
  /// - Parameters:
  ///   - index: 0..<count
  ///   - random: a stream for data sets that make their samples; it differs for each epoch and sample
  func sample(_ index: Int, random: RandomStream) throws -> Sample
  /// Finds what can be found wrong with a sample without reading all of it.
  func check(_ index: Int) throws
  /// The size of a sample's image, where that can be told without making it.
  func imageSize(_ index: Int) throws -> (width: Int, height: Int)?
  /// The files that a sample is read from, where it has files of its own.
  func files(_ index: Int) -> [String]
  /// All samples, for the record.
  var record: DataRecord { get }
}

extension Dataset {
  public var requiresCallerThread: Bool { false }
  public var labelIDs: [UInt8] { (0...255).map { $0 < classes.count ? UInt8($0) : Sample.unlabelled } }
  public func check(_ index: Int) throws {}
  public func imageSize(_ index: Int) throws -> (width: Int, height: Int)? { nil }
  public func files(_ index: Int) -> [String] { [] }

  public var record: DataRecord {
    DataRecord(
      names: (0..<count).map(name),
      bytes: (0..<count).map { files($0).reduce(0) { $0 + (FileBytes.count(of: $1) ?? 0) } }, classes: classes.names)
  }

  /// The sample as evaluation sees it, always the same.
  public func sample(_ index: Int) throws -> Sample {
    try sample(index, random: RandomStream(seed: 0, purpose: "evaluation", index: index))
  }

  /// What is wrong with samples as far as a quick look tells, in order; reads the headers of all files.
  /// - Throws: `Interrupted`
  public func problems() throws -> [(name: String, error: any Error)] {
    let found = Mutex<[Int: any Error]>([:])
    try Kernel.parallel(requiresCallerThread ? 0 : count) { index in
      do {
        try check(index)
      } catch {
        found.withLock { $0[index] = error }
      }
    }
    return found.withLock { $0 }.sorted { $0.key < $1.key }.map { (name($0.key), $0.value) }
  }
}
