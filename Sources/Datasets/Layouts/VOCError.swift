import Tensors

/// Files of PASCAL VOC 2012 that aren't there or don't fit.
public enum VOCError: ExplainedError, Equatable {
  /// Something is at none of these places.
  case missing(tried: [String])
  /// A line of a list of images is no name.
  case list(file: String, line: Int, found: String)
  case emptySplit(split: String, root: String)
  /// Images of the split that lack something: the first, and how many others.
  case unlabelled(image: String, missing: String, others: Int)

  public var explanation: Explanation {
    switch self {
    case .missing(let tried):
      Explanation(
        "there is no \(tried[0])" + (tried.count > 1 ? ", nor \(tried.dropFirst().joined(separator: " or "))" : ""),
        expected: VOC2012.layout)
    case .list(let file, let line, let found):
      Explanation(
        "\"\(found)\" is no name of an image", place: "\(file), line \(line)", expected: "a name on every line")
    case .emptySplit(let split, let root):
      Explanation("its lists name no image of the split \(split)", place: root, expected: VOC2012.layout)
    case .unlabelled(let image, let missing, let others):
      Explanation(
        "there is no \(missing)" + (others > 0 ? ", and the same is true of \(others) more" : ""), place: image,
        expected: "one for every image of the split",
        advice: "add what is missing, or leave such images out with --skip-bad")
    }
  }
}
