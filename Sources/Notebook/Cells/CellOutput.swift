/// Something to see below a cell.
package enum CellOutput: Sendable, Equatable {
  /// Printed text; more of it may follow and belongs behind it.
  case text(String)
  /// A picture, or text that may be replaced.
  case display(MimeBundle)
  /// The text of the cell's values.
  case values(String)
  case error(CellError)
}

/// The same thing in several forms, of which a front end takes the best that it can show.
package struct MimeBundle: Sendable, Equatable {
  /// Content by MIME type; pictures that are no text in base 64.
  package var data: [(type: String, content: String)]
  /// What takes the place of something shown before has its name.
  package var id: String?

  package init(_ data: [(type: String, content: String)], id: String? = nil) { (self.data, self.id) = (data, id) }

  package static func plain(_ text: String, id: String? = nil) -> MimeBundle {
    MimeBundle([("text/plain", text)], id: id)
  }

  package subscript(type: String) -> String? { data.first { $0.type == type }?.content }

  package static func == (a: MimeBundle, b: MimeBundle) -> Bool {
    a.id == b.id && a.data.map(\.type) == b.data.map(\.type) && a.data.map(\.content) == b.data.map(\.content)
  }
}

/// What ended a cell.
package struct CellError: Sendable, Equatable, Error {
  /// The name of an error that is the user's wish.
  static let interrupted = "Interrupted"

  /// "Error", "SyntaxError" or "Interrupted".
  package var name: String
  /// What went wrong, in a line.
  package var message: String
  /// All there is to say, with the callers.
  package var lines: [String]

  package init(name: String, message: String, lines: [String]) {
    (self.name, self.message, self.lines) = (name, message, lines)
  }
}

/// Where outputs go. `show` is called by the thread that runs cells, and for texts that are replaced by others too.
package protocol CellOutputs: AnyObject, Sendable {
  /// - Parameter replaces: whether this takes the place of what was shown under the same id.
  func show(_ output: CellOutput, replaces: Bool)
}
