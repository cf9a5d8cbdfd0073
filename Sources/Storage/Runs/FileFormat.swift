import Tensors

/// What kind of file of this house an HDF5 file is: `format` and `version`, attributes of its root.
public struct FileFormat: Sendable, Equatable {
  public let name: String
  /// The version that is written; it and older ones are read.
  public let version: Int

  public static let checkpoint = FileFormat(name: "tel-checkpoint", version: 1)
  public static let run = FileFormat(name: "tel-run", version: 1)

  /// Marks a file that is being made.
  func mark(_ file: HDF5File) throws {
    try file.setAttribute("format", of: "/", .string(name))
    try file.setAttribute("version", of: "/", .integer(version))
  }

  /// Checks that `file` is of this format and not newer.
  /// - Throws: `FormatError`.
  func check(_ file: HDF5File) throws {
    let found = try file.attribute("format", of: "/")
    guard found == .string(name) else {
      var text: String?
      if case .string(let value)? = found { text = value }
      throw FormatError.other(file: file.name, found: text, expected: name)
    }
    guard case .integer(let found)? = try file.attribute("version", of: "/") else {
      throw FormatError.other(file: file.name, found: "\(name) without a version", expected: name)
    }
    if found > version { throw FormatError.newer(file: file.name, version: found, newest: version) }
  }
}

/// HDF5 files that are none of ours, or made by a newer version.
public enum FormatError: ExplainedError, Equatable {
  case other(file: String, found: String?, expected: String)
  case newer(file: String, version: Int, newest: Int)
  /// Part of the file isn't what the format says.
  case content(file: String, what: String)

  public var explanation: Explanation {
    switch self {
    case .other(let file, let found, let expected):
      Explanation(
        found.map { "the file's format is \($0)" } ?? "an HDF5 file without the attribute format", place: file,
        expected: "a file of the format \(expected)")
    case .newer(let file, let version, let newest):
      Explanation(
        "the file was written by a newer version of tel (format version \(version))", place: file,
        expected: "format version \(newest) or older", advice: "update tel")
    case .content(let file, let what):
      Explanation("the file contradicts its format: \(what)", place: file)
    }
  }
}
