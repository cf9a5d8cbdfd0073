import Pictures

/// Something that a script shows (`tel.show`).
public struct Exhibit {
  public var picture: Picture
  /// A few words for those who see no picture: "tree of 32×64 pixels".
  public var title: String
  /// The file that it was written to already, if the script named one.
  public var file: String?
  /// It takes the place of what was shown under this name before, where that can be.
  public var id: String?

  public init(_ picture: Picture, title: String, file: String? = nil, id: String? = nil) {
    (self.picture, self.title, self.file, self.id) = (picture, title, file, id)
  }
}

/// What becomes of pictures that a script shows: drawn in the terminal, written as files, or handed to a notebook.
///
/// A notebook sets `LuaState.display` to its own and sends `picture.png()` as `image/png` or, where `picture.usualEnding` is "svg", `picture.svg()` as
/// `image/svg+xml`, with `title` as `text/plain`:
/// ```swift
/// state.display = LuaDisplay { exhibit, _ in try publish(exhibit) }
/// ```
public struct LuaDisplay {
  public var show: (Exhibit, LuaState) throws -> Void

  public init(show: @escaping (Exhibit, LuaState) throws -> Void) { self.show = show }
}
