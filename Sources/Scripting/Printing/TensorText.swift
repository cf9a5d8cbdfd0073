import Autograd
import Foundation
import Tensors

/// Tensors as text: columns that line up, a common factor where that reads better, only the edges of what is larger than a
/// screen, and type and shape below.
struct TensorText {
  /// What is shown of a dimension at each end, if it is longer than twice that and a bit.
  private static let rowEdge = 6
  /// The same for the rows of each of several matrices, so that all of them together fit on a screen.
  private static let innerRowEdge = 3
  private static let blockEdge = 2
  private static let gap = "  "

  private let variable: Variable
  private let tensor: Tensor
  private let width: Int

  /// - Parameter width: columns that lines stay within.
  static func describe(_ variable: Variable, width: Int = 80) -> String {
    TensorText(variable: variable, tensor: variable.value, width: width).text
  }

  /// Type and shape in a few words.
  static func summary(_ variable: Variable) -> String {
    let sizes = variable.shape.map(String.init).joined(separator: "×")
    var text = "\(variable.type.rawValue) " + (sizes.isEmpty ? "scalar" : sizes)
    if variable.requiresGradient { text += ", requires gradient" }
    return text
  }

  private var text: String {
    let notes = "[\(Self.summary(variable))]"
    if tensor.count == 0 { return notes }
    if tensor.rank == 0 {
      return NumberFormat(numbers(tensor), isFloating: isFloating).text(numbers(tensor)[0]) + Self.gap + notes
    }
    return body + "\n" + notes
  }

  private var isFloating: Bool { tensor.type.isFloating }

  private func numbers(_ view: Tensor) -> [Double] { view.array(of: Double.self) }

  /// Indices shown of a dimension; nil stands for what is left out.
  private static func visible(_ size: Int, edge: Int) -> [Int?] {
    size <= 2 * edge + 1 ? (0..<size).map { $0 } : (0..<edge).map { $0 } + [nil] + (size - edge..<size).map { $0 }
  }

  private var body: String {
    let last = tensor.rank - 1
    let rows =
      tensor.rank > 1
      ? Self.visible(tensor.shape[last - 1], edge: tensor.rank > 2 ? Self.innerRowEdge : Self.rowEdge) : [0]
    let blocks = self.blocks
    // How many columns fit depends on how wide numbers are, which depends on which are shown: the first guess is what fits
    // of the narrowest.
    var columns = Self.visible(tensor.shape[last], edge: max(1, width / 3 / 2))
    var format = NumberFormat(shown(blocks, rows, columns), isFloating: isFloating)
    let fitting = max(2, (width + Self.gap.count) / (format.width + Self.gap.count))
    if columns.count > fitting {
      columns = Self.visible(tensor.shape[last], edge: max(1, (fitting - 1) / 2))
      format = NumberFormat(shown(blocks, rows, columns), isFloating: isFloating)
    }
    var lines = format.factor.map { [$0] } ?? []
    for block in blocks {
      guard let block else {
        lines += ["…", ""]
        continue
      }
      if !block.isEmpty { lines.append("[" + block.map { "\($0 + 1), " }.joined() + ":, :]") }
      lines += rows.map { row in
        guard let row else { return "…" }
        return line(view(block, row), columns, format)
      }
      if !block.isEmpty { lines.append("") }
    }
    if lines.last == "" { lines.removeLast() }
    return lines.joined(separator: "\n")
  }

  /// Indices, from 0, of the matrices shown of a tensor with more than two dimensions.
  private var blocks: [[Int]?] {
    let outer = tensor.shape.dropLast(2)
    let count = outer.reduce(1, *)
    return Self.visible(count, edge: Self.blockEdge).map { index in
      guard var rest = index else { return nil }
      var block: [Int] = []
      for size in outer.reversed() {
        block.append(rest % size)
        rest /= size
      }
      return block.reversed()
    }
  }

  /// One row.
  private func view(_ block: [Int], _ row: Int) -> Tensor {
    var view = tensor
    // Indices are within the shape, so that nothing can be wrong with them.
    for index in block { view = (try? view.selected(0, index: index)) ?? view }
    return view.rank > 1 ? (try? view.selected(0, index: row)) ?? view : view
  }

  private func shown(_ blocks: [[Int]?], _ rows: [Int?], _ columns: [Int?]) -> [Double] {
    blocks.compactMap(\.self).flatMap { block in
      rows.compactMap(\.self).flatMap { row in
        let view = view(block, row)
        return columns.compactMap(\.self).map { number(view, $0) }
      }
    }
  }

  private func number(_ row: Tensor, _ column: Int) -> Double {
    (try? row.selected(0, index: column)).map { numbers($0)[0] } ?? .nan
  }

  private func line(_ row: Tensor, _ columns: [Int?], _ format: NumberFormat) -> String {
    columns.map { column in
      column.map { format.text(number(row, $0)) } ?? "…"
    }.joined(separator: Self.gap)
  }
}
