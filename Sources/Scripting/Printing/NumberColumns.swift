import Foundation

/// Numbers as texts of one width and one scale.
struct NumberColumns {
  /// What all of them are to be multiplied by, as text; nil for 1.
  let scale: String?
  let items: [String]

  /// Numbers outside of these bounds get a scale.
  private static let (least, most) = (1e-3, 1e5)

  init(_ values: [Double], isFloating: Bool) {
    let finite = values.filter(\.isFinite)
    let largest = finite.map(abs).max() ?? 0
    var scale = 1.0
    let items: [String]
    if !isFloating || (finite.allSatisfy { $0 == $0.rounded() } && largest < 1e7) {
      items = values.map { $0.isFinite ? String(format: "%.0f", $0) : Self.text($0) }
    } else {
      if largest > 0, largest < Self.least || largest >= Self.most { scale = pow(10, floor(log10(largest))) }
      // A power of ten below the smallest normal number is no number to divide by.
      if scale == 0 { scale = 1 }
      // Four digits behind the point, and fewer where there are many before it.
      let digits = max(1, 4 - Int(max(0, floor(log10(max(largest / scale, 1))))))
      items = values.map { $0.isFinite ? String(format: "%.\(digits)f", $0 / scale) : Self.text($0) }
    }
    self.scale = scale == 1 ? nil : String(format: "%g", scale)
    let width = items.map(\.count).max() ?? 0
    self.items = items.map { String(repeating: " ", count: width - $0.count) + $0 }
  }

  private static func text(_ value: Double) -> String { value.isNaN ? "nan" : value < 0 ? "-inf" : "inf" }
}
