import Storage

extension LuaHDF5File: LuaDescribed {
  /// What is in the file: groups with what is below them, datasets with type and shape.
  func description(in text: ValueText) throws -> String {
    guard let file = openFile else { return "file (closed)" }
    var lines = ["file \(file.name)"]
    try list(file, "/", indent: "  ", into: &lines)
    let left = lines.count - Self.mostListed
    return (lines.prefix(Self.mostListed) + (left > 0 ? ["  … \(left) more"] : [])).joined(separator: "\n")
  }

  private static let mostListed = 60

  private func list(_ file: HDF5File, _ path: String, indent: String, into lines: inout [String]) throws {
    // A little more than is shown, to know that there is more.
    for key in try file.keys(path) where lines.count <= 20 * Self.mostListed {
      let inner = (path == "/" ? path : path + "/") + key
      switch try file.info(inner) {
      case .group:
        lines.append(indent + key + "/")
        try list(file, inner, indent: indent + "  ", into: &lines)
      case .array(let array):
        let shape = array.shape.map(String.init).joined(separator: "×")
        lines.append("\(indent)\(key)  \(array.type.rawValue) \(shape.isEmpty ? "number" : shape)")
      case .text(let shape): lines.append("\(indent)\(key)  text\(shape.isEmpty ? "" : " × \(shape.reduce(1, *))")")
      case .other(let type): lines.append("\(indent)\(key)  \(type)")
      }
    }
  }
}
