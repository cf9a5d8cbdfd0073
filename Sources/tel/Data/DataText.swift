import Foundation

/// Shares and lists for people.
enum DataText {
  static func percent(_ part: Int, of whole: Int) -> String {
    whole == 0 ? "–" : String(format: "%.3g %%", 100 * Double(part) / Double(whole))
  }

  /// The first few, and how many more.
  static func list(_ items: [String], most: Int = 8) -> String {
    items.prefix(most).joined(separator: ", ") + (items.count > most ? " and \(items.count - most) more" : "")
  }

  static func count(_ number: Int, _ one: String, _ many: String) -> String { "\(number) \(number == 1 ? one : many)" }
}
