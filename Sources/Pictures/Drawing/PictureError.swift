import Tensors

/// Pictures that can't be made as they were asked for.
public enum PictureError: ExplainedError, Equatable {
  case ending(path: String)
  case pixelOutside(x: Int, y: Int, width: Int, height: Int)

  public var explanation: Explanation {
    switch self {
    case .ending(let path):
      Explanation("pictures aren't written to files of this name", place: path, expected: "a name in .png or .svg")
    case .pixelOutside(let x, let y, let width, let height):
      Explanation(
        "there is no pixel \(x),\(y) in this image", expected: "x from 0 to \(width - 1), y from 0 to \(height - 1)")
    }
  }
}
