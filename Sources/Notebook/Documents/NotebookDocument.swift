import Foundation
import Storage
import Tensors

/// A notebook as a file: text and code, with what the code came to if it was run.
///
/// A Lua file with lines that begin with `--%%`, and a Jupyter notebook, say the same; turning one into the other and back loses
/// nothing but outputs, which a Lua file doesn't hold.
public struct NotebookDocument {
  package var cells: [NotebookCell] = []
  /// What a Jupyter notebook says of itself, apart from what tel says of all of them.
  package var metadata: JSON = [:]
  /// How a Lua file says that, if in another way than tel does.
  var head: String?
  /// Whether anything was run, so that cells without outputs show that they were not.
  var wasRun = false

  package init(cells: [NotebookCell] = []) { self.cells = cells }
}

/// A part of a notebook.
package struct NotebookCell: Equatable {
  package enum Kind: String, Sendable {
    case code, markdown, raw
  }

  package var kind: Kind
  /// As Jupyter shows it: a code cell with a title begins with the line `--%% title`.
  package var source: String
  /// Jupyter's name of the cell, and whatever else it keeps of it.
  package var id: String?
  package var metadata: JSON = [:]
  package var attachments: JSON?
  /// What was shown below it, in Jupyter's terms.
  package var outputs: [JSON] = []
  package var executionCount: Int?
  /// The text of a Lua file that says this, if tel would write it in another way.
  var verbatim: String?
  /// The line of a Lua file, counted from 0, at which the source begins.
  var line: Int?
  var wasRun = false

  package init(_ kind: Kind, _ source: String) { (self.kind, self.source) = (kind, source) }

  /// What stands behind `--%%`.
  package var title: String? {
    guard kind == .code, source.hasPrefix(CellHeader.mark) else { return nil }
    return String(source.utf8.prefix { $0 != UInt8(ascii: "\n") }).flatMap { CellHeader($0) }?.title
  }
}

/// The kinds of files that notebooks are read from and written to, told by a name's ending.
public enum DocumentFormat: String, Sendable {
  case cells = "lua"
  case jupyter = "ipynb"
  case page = "html"

  /// - Throws: `DocumentError.ending`.
  public init(path: String) throws {
    guard let format = DocumentFormat(rawValue: path.fileExtension.lowercased()) else {
      throw DocumentError.ending(path: path)
    }
    self = format
  }
}

extension NotebookDocument {
  /// Reads a Lua file or a Jupyter notebook.
  /// - Throws: `DocumentError`.
  public init(path: String) throws {
    let format = try DocumentFormat(path: path)
    guard let data = FileManager.default.contents(atPath: path) else { throw DocumentError.unreadable(path: path) }
    switch format {
    case .cells: self = NotebookDocument(cellsText: String(decoding: data, as: UTF8.self))
    case .jupyter:
      do {
        self = try NotebookDocument(jupyter: try JSON([UInt8](data)), path: path)
      } catch let error as JSONError {
        throw DocumentError.malformed(path: path, what: "\(error.what), at byte \(error.offset)")
      }
    case .page: throw DocumentError.ending(path: path)
    }
  }

  /// Its text as a file of some kind.
  /// - Parameters:
  ///   - title: of a page without a heading.
  ///   - version: of tel.
  public func text(as format: DocumentFormat, title: String, version: String) -> String {
    switch format {
    case .cells: cellsText
    case .jupyter: jupyter.indented + "\n"
    case .page: page(title: title, version: version)
    }
  }

  /// What somebody who writes it as this kind of file should know.
  public func notes(as format: DocumentFormat) -> [String] {
    let count = cells.count { !$0.outputs.isEmpty }
    return format == .cells && count > 0
      ? ["outputs of \(count) cells are left out, since a Lua file holds none"] : []
  }
}

/// Notebooks that can't be read or written.
public enum DocumentError: ExplainedError, Equatable {
  case ending(path: String)
  case unreadable(path: String)
  case malformed(path: String, what: String)
  case version(path: String, version: String)

  public var explanation: Explanation {
    switch self {
    case .ending(let path):
      Explanation(
        "notebooks have no such ending", place: path,
        expected: ".lua or .ipynb to read from, .html, .ipynb or .lua to write to")
    case .unreadable(let path):
      Explanation(
        "the notebook can't be read", place: path, advice: "look at the spelling, and at the file's permissions")
    case .malformed(let path, let what):
      Explanation("this is no Jupyter notebook: \(what)", place: path, expected: "a file of nbformat 4")
    case .version(let path, let version):
      Explanation(
        "this notebook is of nbformat \(version)", place: path, expected: "nbformat 4",
        advice: "jupyter nbconvert --to notebook --nbformat 4 turns older ones into it")
    }
  }
}
