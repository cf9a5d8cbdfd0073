import Networks

/// A network as a tree: its parts by name, what they compute, and how many numbers they learn.
struct ModuleText {
  /// Deeper levels are left out where the tree would have more lines.
  private static let mostLines = 60
  private static let deepest = 8

  private struct Node {
    var names: [String]
    let what: String
    let parameters: Int
    let children: [Node]

    /// Whether another is the same but for its name.
    func isLike(_ other: Node) -> Bool {
      what == other.what && parameters == other.parameters && children.count == other.children.count
        && zip(children, other.children).allSatisfy { $0.names == $1.names && $0.isLike($1) }
    }
  }

  /// - Parameters:
  ///   - name: of the whole, for the first line.
  ///   - width: columns that lines stay within.
  static func text(of module: Module, name: String, width: Int) -> String {
    let children = nodes(of: module)
    var rows: [(String, Int)] = []
    for depth in (1...deepest).reversed() {
      rows = lines(children, depth: depth, margin: "")
      if rows.count <= mostLines { break }
    }
    let column = min(width - 12, (rows.map(\.0.count).max() ?? 0) + 2)
    let lines = rows.map { text, count in
      let number = count == 0 ? "" : grouped(count)
      return text + String(repeating: " ", count: max(2, column + 10 - text.count - number.count)) + number
    }
    return (["\(name)  \(grouped(module.parameterCount)) parameters"] + lines.map(\.trimmingEnd)).joined(
      separator: "\n")
  }

  private static func lines(_ nodes: [Node], depth: Int, margin: String) -> [(String, Int)] {
    nodes.enumerated().flatMap { i, node in
      let isLast = i == nodes.count - 1
      let names = node.names.count == 1 ? node.names[0] : "\(node.names[0]) … \(node.names[node.names.count - 1])"
      let times = node.names.count == 1 ? "" : "\(node.names.count) × "
      let line = (
        margin + (isLast ? "└ " : "├ ") + names + "  " + times + node.what, node.parameters * node.names.count
      )
      return [line] + (depth > 1 ? lines(node.children, depth: depth - 1, margin: margin + (isLast ? "  " : "│ ")) : [])
    }
  }

  /// The parts of a module; those without a name of their own lend it theirs, and neighbours that are alike share a line.
  private static func nodes(of module: Module) -> [Node] {
    var nodes: [Node] = []
    for (name, part) in module.parts {
      if name.isEmpty && what(part) == nil {
        nodes += self.nodes(of: part)
        continue
      }
      let isLeaf = what(part) != nil
      let node = Node(
        names: [name.isEmpty ? "·" : name], what: what(part) ?? kind(part), parameters: part.parameterCount,
        children: isLeaf ? [] : self.nodes(of: part))
      if let last = nodes.last, last.isLike(node) {
        nodes[nodes.count - 1].names += node.names
      } else {
        nodes.append(node)
      }
    }
    return nodes
  }

  private static func kind(_ module: Module) -> String {
    module is LuaNetwork ? "tel.module" : type(of: module) == Module.self ? "" : "\(type(of: module))"
  }

  /// What a layer computes; nil for what is made of smaller parts.
  private static func what(_ module: Module) -> String? {
    switch module {
    case let layer as ConvNorm:
      convolution(layer.conv) + (layer.norm == nil ? "" : ", norm") + (layer.relu ? ", relu" : "")
    case let layer as Conv2d: convolution(layer)
    case let layer as BatchNorm2d: "norm of \(layer.weight.shape[0]) channels"
    case let layer as Linear: "linear \(layer.weight.shape[1]) → \(layer.weight.shape[0])"
    case let layer as DropoutLayer: "dropout \(layer.probability)"
    default: nil
    }
  }

  private static func convolution(_ conv: Conv2d) -> String {
    let shape = conv.weight.shape
    var text = "conv \(shape[1]) → \(shape[0]), \(shape[2])×\(shape[3])"
    if conv.window.stride != [1, 1] { text += ", stride \(conv.window.stride[0])" }
    if conv.window.dilation != [1, 1] { text += ", dilation \(conv.window.dilation[0])" }
    if conv.bias != nil { text += ", bias" }
    return text
  }

  /// "65,859,379".
  static func grouped(_ number: Int) -> String {
    var text = ""
    for (i, digit) in String(number).reversed().enumerated() {
      if i > 0, i % 3 == 0, digit != "-" { text = "," + text }
      text = String(digit) + text
    }
    return text
  }
}

extension String {
  fileprivate var trimmingEnd: String {
    String(self[..<(lastIndex { $0 != " " }.map(index(after:)) ?? startIndex)])
  }
}
