import Storage
import Tensors

/// Several data sets as one: each epoch has as many samples as all together, drawn from each by its weight.
public struct MixDataset: Dataset {
  private let parts: [any Dataset]
  /// Where the share of each part ends, of 1.
  private let ends: [Double]
  public let count: Int
  public let notices: Notices

  public var classes: ClassList { parts[0].classes }
  public var requiresCallerThread: Bool { parts.contains { $0.requiresCallerThread } }

  /// - Parameters:
  ///   - parts: at least one; all with the same number of classes
  ///   - weights: one positive number per part; by default the parts' sizes
  /// - Throws: `DatasetError.argument`
  public init(_ parts: [any Dataset], weights: [Double]? = nil) throws {
    guard let first = parts.first, parts.allSatisfy({ $0.classes.count == first.classes.count }) else {
      throw DatasetError.argument(
        name: "mix", found: "data sets of \(parts.map { "\($0.classes.count)" }.joined(separator: ", ")) classes",
        expected: "data sets with the same classes")
    }
    let weights = weights ?? parts.map { Double($0.count) }
    guard weights.count == parts.count, weights.allSatisfy({ $0 > 0 && $0.isFinite }) else {
      throw DatasetError.argument(
        name: "weights", found: "\(weights)", expected: "one positive number for each of the \(parts.count) data sets")
    }
    self.parts = parts
    count = parts.reduce(0) { $0 + $1.count }
    notices = Notices(joining: parts.map(\.notices))
    var sum = 0.0
    let total = weights.reduce(0, +)
    ends = weights.map {
      sum += $0 / total
      return sum
    }
  }

  public func name(_ index: Int) -> String { "sample \(index)" }

  /// The samples of all parts, one part after the other.
  public var record: DataRecord {
    let parts = parts.map(\.record)
    return DataRecord(names: parts.flatMap(\.names), bytes: parts.flatMap(\.bytes), classes: classes.names)
  }

  public func sample(_ index: Int, random: RandomStream) throws -> Sample {
    var random = random
    let draw = random.uniform()
    let part = parts[ends.firstIndex { draw < $0 } ?? parts.count - 1]
    let chosen = random.integer(in: 0...part.count - 1)
    return try part.sample(chosen, random: RandomStream(state: random.next()))
  }
}
