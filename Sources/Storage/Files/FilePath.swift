import Foundation

/// Parts of a path. Foundation has the same for `NSString`, but on Linux ends the process where a path is one character (`.`, `a/`),
/// or has a slash twice and a letter that is not ASCII (`photos//é.png`).
extension String {
  /// The folder that it lies in: empty for a name alone, `/` at the top. Slashes at the end count for nothing.
  package var parentFolder: String {
    let name = withoutTrailingSlashes
    guard let last = name.lastIndex(of: String.slash) else { return name.isEmpty && !isEmpty ? "/" : "" }
    let parent = String.trimmed(name[..<last])
    return parent.isEmpty ? "/" : String(Substring(parent))
  }

  /// The last name, `/` at the top.
  package var fileName: String {
    let name = withoutTrailingSlashes
    guard let last = name.lastIndex(of: String.slash) else {
      return name.isEmpty && !isEmpty ? "/" : String(Substring(name))
    }
    return String(Substring(name[name.index(after: last)...]))
  }

  /// What follows the last dot of the last name, unless that begins with it; empty without one.
  package var fileExtension: String {
    let name = fileName
    return name.lastDot.map { String(Substring(name.utf8[name.utf8.index(after: $0)...])) } ?? ""
  }

  /// The path without its extension, and the dot before it.
  package var withoutExtension: String {
    let (path, name) = (withoutTrailingSlashes, fileName)
    if path.isEmpty { return isEmpty ? "" : "/" }
    let ending = name.lastDot.map { name.utf8.distance(from: $0, to: name.utf8.endIndex) } ?? 0
    return String(Substring(path.dropLast(ending)))
  }

  /// Where it leads with links followed, as the system names it; the path itself where there is nothing.
  package var realPath: String {
    guard let real = realpath(self, nil) else { return self }
    defer { free(real) }
    return String(cString: real)
  }

  /// The last dot of a name that doesn't begin with it, and isn't the folder above.
  private var lastDot: String.Index? {
    self == ".." ? nil : utf8.lastIndex(of: UInt8(ascii: ".")).flatMap { $0 == utf8.startIndex ? nil : $0 }
  }

  private static let slash = UInt8(ascii: "/")

  private static func trimmed(_ bytes: Substring.UTF8View) -> Substring.UTF8View {
    bytes.lastIndex { $0 != slash }.map { bytes[...$0] } ?? bytes[..<bytes.startIndex]
  }

  private var withoutTrailingSlashes: Substring.UTF8View { String.trimmed(self[...].utf8) }
}
