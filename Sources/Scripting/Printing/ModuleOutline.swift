import Foundation
import Networks
import Storage

/// A network as a tree of its named parts, with the shapes and numbers of their parameters.
struct ModuleOutline {
  /// A part: its own tensors, and the parts in it, in their order.
  private final class Part {
    var shapes: [(name: String, shape: [Int])] = []
    var parts: [(name: String, part: Part)] = []

    func part(_ name: String) -> Part {
      if let known = parts.last(where: { $0.name == name }) { return known.part }
      let fresh = Part()
      parts.append((name, fresh))
      return fresh
    }

    var count: Int { shapes.reduce(0) { $0 + $1.shape.reduce(1, *) } + parts.reduce(0) { $0 + $1.part.count } }

    /// What makes two parts alike.
    var signature: String {
      "(" + shapes.map { "\($0.name)\($0.shape)" }.joined() + parts.map { $0.name + $0.part.signature }.joined() + ")"
    }
  }

  /// How deep parts are shown.
  private static let deepest = 3
  private let root = Part()
  private let summary: String

  init(_ module: Module) {
    let parameters = module.parameters()
    for (name, variable) in parameters {
      var part = root
      let path = name.split(separator: ".").map(String.init)
      for step in path.dropLast() { part = part.part(step) }
      part.shapes.append((path.last ?? name, variable.shape))
    }
    let bytes = parameters.reduce(0) { $0 + $1.variable.value.count * $1.variable.value.type.byteCount }
    let buffers = module.state().count - parameters.count
    let frozen = parameters.filter { !$0.variable.requiresGradient }.count
    summary = [
      "\(Self.short(root.count)) numbers in \(parameters.count) parameters (\(ByteText.of(bytes)))",
      buffers > 0 ? "\(buffers) buffers" : nil, frozen > 0 ? "\(frozen) parameters frozen" : nil,
      module.isTraining ? "in training" : "in evaluation",
    ].compactMap(\.self).joined(separator: ", ")
  }

  /// The tree, one line a part, and a line that sums it up.
  var text: String {
    var rows: [(left: String, right: String)] = []
    add(root, margin: "", depth: 1, to: &rows)
    let width = rows.map(\.left.count).max() ?? 0
    return (rows.map { $0.left + String(repeating: " ", count: width - $0.left.count) + "  " + $0.right } + [summary])
      .joined(separator: "\n")
  }

  private func add(_ part: Part, margin: String, depth: Int, to rows: inout [(left: String, right: String)]) {
    var entries: [(name: String, part: Part?, note: String)] = part.shapes.map { name, shape in
      (name, nil, shape.map(String.init).joined(separator: "×"))
    }
    var i = 0
    while i < part.parts.count {
      // Parts that are numbered and alike are shown once.
      let (name, first) = part.parts[i]
      var end = i + 1
      while end < part.parts.count, Int(name) != nil, part.parts[end].part.signature == first.signature { end += 1 }
      let alike = end - i
      let shown = alike > 1 ? "\(name)…\(part.parts[end - 1].name)" : name
      let numbers = Self.short(first.count) + (alike > 1 ? " each" : "")
      entries.append((shown, first, first.parts.isEmpty ? Self.shapes(first) + "  " + numbers : numbers))
      i = end
    }
    for (index, entry) in entries.enumerated() {
      let isLast = index == entries.count - 1
      rows.append((margin + (isLast ? "└ " : "├ ") + entry.name, entry.note))
      if let part = entry.part, !part.parts.isEmpty, depth < Self.deepest {
        add(part, margin: margin + (isLast ? "  " : "│ "), depth: depth + 1, to: &rows)
      }
    }
  }

  /// "weight 64×3×3×3, bias 64"
  private static func shapes(_ part: Part) -> String {
    part.shapes.map { "\($0.name) " + $0.shape.map(String.init).joined(separator: "×") }.joined(separator: ", ")
  }

  /// "65.9 M"
  private static func short(_ count: Int) -> String {
    switch count {
    case 1_000_000_000...: String(format: "%.2f G", Double(count) / 1e9)
    case 1_000_000...: String(format: "%.1f M", Double(count) / 1e6)
    case 10_000...: String(format: "%.1f k", Double(count) / 1e3)
    default: "\(count)"
    }
  }
}
