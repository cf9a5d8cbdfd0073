import Tensors

/// Scribbles and clicks that can't be read.
public enum AnnotationError: ExplainedError, Equatable {
  /// The scribbles of `entry` in the archive `file`, at a line of it.
  case scribbles(file: String, entry: String, line: Int, reason: String)
  /// A file of clicks, at a byte of it; `image` if the trouble is with one image's clicks.
  case clicks(file: String, image: String?, offset: Int, reason: String)

  public var explanation: Explanation {
    switch self {
    case .scribbles(let file, let entry, let line, let reason):
      Explanation(
        "the scribbles can't be read: \(reason)", place: "\(file), \(entry), line \(line)",
        expected: "annotation with size (width, height) and polygon (tag, point with X and Y)")
    case .clicks(let file, let image, let offset, let reason):
      Explanation(
        "the clicks" + (image.map { " of \($0)" } ?? "") + " can't be read: \(reason)",
        place: "\(file), byte \(offset)",
        expected: "{\"IMAGE\": [{\"cls\": class, \"x\": column, \"y\": row}, …], …}")
    }
  }
}
