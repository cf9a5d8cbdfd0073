import Tensors

/// Image files that can't be read.
public enum ImageError: ExplainedError, Equatable {
  case notAnImage(file: String, found: String)
  /// The file ends too early or its data are damaged.
  case damaged(file: String, reason: String)
  case absurdSize(file: String, width: Int, height: Int, reason: String)
  case unsupported(file: String, what: String, advice: String)
  case notWritten(file: String, reason: String)

  public var explanation: Explanation {
    switch self {
    case .notAnImage(let file, let found):
      Explanation("this is no image that can be read: \(found)", place: file, expected: "a PNG or JPEG file")
    case .damaged(let file, let reason):
      Explanation("the image is cut off or damaged: \(reason)", place: file, advice: "fetch or make the file again")
    case .absurdSize(let file, let width, let height, let reason):
      Explanation("absurd dimensions, \(width)x\(height) pixels: \(reason)", place: file)
    case .unsupported(let file, let what, let advice):
      Explanation("\(what) can't be read", place: file, expected: "8 bits per channel, grey or colour", advice: advice)
    case .notWritten(let file, let reason):
      Explanation("the image can't be written: \(reason)", place: file)
    }
  }
}
