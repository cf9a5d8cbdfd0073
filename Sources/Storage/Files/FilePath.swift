import Foundation

extension String {
  /// The folder that a path lies in: empty for a name alone, `/` at the top. Slashes at the end count for nothing.
  ///
  /// Foundation's `deletingLastPathComponent` says the same, but ends the process where a path has one character, as `.` or `a/`.
  package var parentFolder: String {
    let slash = UInt8(ascii: "/")
    func trimmed(_ bytes: Substring.UTF8View) -> Substring.UTF8View {
      bytes.lastIndex { $0 != slash }.map { bytes[...$0] } ?? bytes[..<bytes.startIndex]
    }
    let name = trimmed(self[...].utf8)
    guard let last = name.lastIndex(of: slash) else { return name.isEmpty && !isEmpty ? "/" : "" }
    let parent = trimmed(name[..<last])
    return parent.isEmpty ? "/" : String(Substring(parent))
  }
}
