/// How often each of the 256 values occurs in a set of label maps.
public struct LabelTally: Sendable, Equatable {
  /// Pixels of each value.
  public private(set) var pixels = [Int](repeating: 0, count: 256)
  /// Maps that have each value.
  public private(set) var images = [Int](repeating: 0, count: 256)

  public init() {}

  /// Adds one map, by the pixels of each value.
  public mutating func add(_ histogram: [Int]) {
    for value in 0..<256 where histogram[value] > 0 {
      pixels[value] += histogram[value]
      images[value] += 1
    }
  }

  /// Pixels of all values.
  public var total: Int { pixels.reduce(0, +) }

  /// Pixels of values that are classes.
  public func labelled(_ convention: LabelConvention) -> Int {
    (0..<256).reduce(0) { $0 + (convention.isClass(UInt8($1)) ? pixels[$1] : 0) }
  }

  /// The values that occur, in order.
  public var values: [Int] { (0..<256).filter { pixels[$0] > 0 } }
}
