import Foundation

/// How the numbers of one tensor are written, so that they line up: all as integers, with a fixed number of decimals, as
/// multiples of a common power of ten, or, where they differ by too much for that, each with its exponent.
struct NumberFormat {
  private enum Form {
    case integers
    case decimals(Int)
    case scaled(exponent: Int)
    case exponents
  }
  private let form: Form
  /// Columns of the widest number.
  let width: Int

  /// The common factor, for a line of its own; nil for 1.
  var factor: String? {
    if case .scaled(let exponent) = form { "1e\(exponent < 0 ? "-" : "+")\(abs(exponent)) ×" } else { nil }
  }

  /// From this exponent on a common factor is taken out, and below this one.
  private static let largest = 5
  private static let smallest = -3
  /// So many decades are shown in one column of decimals.
  private static let decades = 5
  private static let significant = 5

  /// - Parameter values: those that will be shown.
  init(_ values: [Double], isFloating: Bool) {
    let chosen = Self.form(values.filter(\.isFinite), isFloating)
    form = chosen
    width = values.reduce(1) { max($0, Self.text($1, chosen).count) }
  }

  private static func form(_ values: [Double], _ isFloating: Bool) -> Form {
    if !isFloating || values.allSatisfy({ $0 == $0.rounded() && abs($0) < 1e6 }) { return .integers }
    let exponents = values.filter { $0 != 0 }.map { Int(floor(log10(abs($0)))) }
    guard let high = exponents.max(), let low = exponents.min() else { return .integers }
    if high - low >= decades + (high < 0 ? 0 : 1) { return .exponents }
    if high >= largest || high < smallest { return .scaled(exponent: high) }
    return .decimals(max(1, min(4, significant - 1 - max(0, high))))
  }

  func text(_ value: Double) -> String {
    let text = Self.text(value, form)
    return String(repeating: " ", count: max(0, width - text.count)) + text
  }

  private static func text(_ value: Double, _ form: Form) -> String {
    if value.isNaN { return "nan" }
    if value.isInfinite { return value < 0 ? "-inf" : "inf" }
    switch form {
    case .integers: return String(format: "%.0f", value)
    case .decimals(let count): return String(format: "%.\(count)f", value)
    case .scaled(let exponent): return String(format: "%.4f", value / pow(10, Double(exponent)))
    case .exponents: return String(format: "%.4e", value)
    }
  }
}
