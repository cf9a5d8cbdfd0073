import Foundation
import Pictures

extension LuaDisplay {
  /// Draws where the standard output is a terminal; elsewhere writes a file under `LuaState.outputFolder` and prints its name.
  public static var standard: LuaDisplay { inTerminal { TerminalGraphics.detected() } }

  /// Writes files and prints their names, in a terminal too.
  public static var files: LuaDisplay { inTerminal { nil } }

  private static func inTerminal(_ detected: @escaping () -> TerminalGraphics?) -> LuaDisplay {
    LuaDisplay { exhibit, state in
      let graphics = detected()
      if let graphics {
        let (columns, cell) = TerminalGraphics.size()
        try state.print(graphics.text(exhibit.picture.image, columns: columns, cell: cell))
      }
      if let file = exhibit.file {
        try state.printLine(file)
      } else if graphics == nil {
        let earlier = exhibit.id.flatMap { state.shownFiles[$0] }
        let file = try earlier ?? state.freshPictureFile(exhibit.picture.usualEnding)
        try exhibit.picture.write(to: file.path)
        if let id = exhibit.id { state.shownFiles[id] = file }
        if earlier == nil { try state.printLine(file.shown) }
      }
    }
  }
}

extension LuaState {
  /// A name for a picture that nobody gave one: picture.png, or picture-2.png, picture-3.png, … where there is one.
  /// - Returns: where it goes, and what it is called.
  func freshPictureFile(_ ending: String) throws -> (path: String, shown: String) {
    var attempt = 1
    while true {
      let name = (attempt == 1 ? "picture" : "picture-\(attempt)") + "." + ending
      let shown = outputFolder == "." ? name : outputFolder + "/" + name
      let path = try writePolicy.resolve(shown)
      if !FileManager.default.fileExists(atPath: path) { return (path, shown) }
      attempt += 1
    }
  }
}
