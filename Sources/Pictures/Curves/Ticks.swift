import Foundation

/// Round numbers along an axis.
package struct Ticks: Equatable {
  /// What the axis covers: from the first tick to the last.
  package let range: ClosedRange<Double>
  package let values: [Double]
  package let labels: [String]

  /// Ticks at 1, 2 or 5 times a power of ten, the first at or below the values and the last at or above.
  /// - Parameter count: about so many.
  package init(covering values: some Sequence<Double>, count: Int, wholeNumbers: Bool = false) {
    let finite = values.filter { $0.isFinite && abs($0) < 1e300 }
    var (low, high) = (finite.min() ?? 0, finite.max() ?? 1)
    // Numbers that all are one get some room around them.
    if high - low <= max(abs(high), abs(low)) * 1e-9 {
      let room = high == 0 ? 1 : abs(high) / 10
      (low, high) = (low - room, high + room)
    }
    // Zero belongs to the axis where it is near.
    if low > 0, low < high * 0.35 { low = 0 }
    var step = Self.roundStep((high - low) / Double(max(1, count)))
    if wholeNumbers { step = max(1, step) }
    let first = Int((low / step + 1e-9).rounded(.down))
    let last = max(first + 1, Int((high / step - 1e-9).rounded(.up)))
    self.values = (first...last).map { Double($0) * step }
    range = Double(first) * step...Double(last) * step
    labels = self.values.map { Self.label($0, step: step) }
  }

  private static func roundStep(_ raw: Double) -> Double {
    let power = pow(10, floor(log10(raw)))
    return power * ([1, 2, 5].first { $0 * power >= raw * 0.999 } ?? 10)
  }

  /// With as many digits as the steps between ticks need.
  static func label(_ value: Double, step: Double) -> String {
    if abs(value) < step / 1000 { return "0" }
    let digits = max(0, Int((-log10(step) - 1e-9).rounded(.up)))
    if digits > 5 || abs(value) >= 1e7 { return String(format: "%.3g", value) }
    return String(format: "%.\(digits)f", value)
  }
}
