import Foundation

/// Random numbers that are a function of what they are for, never of timing or threads (splitmix64 over a hashed key).
public struct RandomStream: Sendable, Equatable {
  /// The whole state: saving and restoring it continues the stream exactly.
  public var state: UInt64

  public init(state: UInt64) { self.state = state }

  /// The stream for `purpose` (say "crop") at `epoch` and sample `index`, under the experiment's `seed`.
  public init(seed: UInt64, purpose: String, epoch: Int = 0, index: Int = 0) {
    state = RandomStream.mix(
      RandomStream.mix(RandomStream.mix(seed) ^ RandomStream.hash(purpose)) &+ UInt64(bitPattern: Int64(epoch)) << 32
        &+ UInt64(bitPattern: Int64(index)))
  }

  /// FNV-1a, 64 bits, of the UTF-8 bytes.
  public static func hash(_ text: String) -> UInt64 {
    text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }

  /// splitmix64's output function.
  @inline(__always) public static func mix(_ value: UInt64) -> UInt64 {
    var z = value &+ 0x9E37_79B9_7F4A_7C15
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  @inline(__always) public mutating func next() -> UInt64 {
    defer { state &+= 0x9E37_79B9_7F4A_7C15 }
    return RandomStream.mix(state)
  }

  /// Uniform in [0, 1), 53 bits.
  @inline(__always) public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// Uniform in [low, high).
  @inline(__always) public mutating func uniform(_ low: Double, _ high: Double) -> Double {
    low + (high - low) * uniform()
  }

  /// Uniform over the integers of the range, both ends included.
  public mutating func integer(in range: ClosedRange<Int>) -> Int {
    let width = UInt64(bitPattern: Int64(range.upperBound &- range.lowerBound)) &+ 1
    if width == 0 { return Int(bitPattern: UInt(next())) }
    return range.lowerBound &+ Int(next().multipliedFullWidth(by: width).high)
  }

  /// Standard normal (Box–Muller, one of the pair).
  public mutating func normal() -> Double {
    let radius = (-2 * Foundation.log(1 - uniform())).squareRoot()
    return radius * Foundation.cos(2 * .pi * uniform())
  }

  /// `items` in random order (Fisher–Yates).
  public mutating func shuffled<T>(_ items: [T]) -> [T] {
    var items = items
    for last in stride(from: items.count - 1, to: 0, by: -1) { items.swapAt(last, integer(in: 0...last)) }
    return items
  }
}
