import Tensors

/// What can be wrong with a wish for made scenes.
public enum SceneError: ExplainedError, Equatable {
  case size(name: String, size: Int)
  case count(name: String, count: Int)
  /// The folder holds something that the writer didn't make.
  case folderTaken(path: String)
  /// The folder holds scenes made with other settings.
  case otherScenes(path: String, found: String, wanted: String)

  public var explanation: Explanation {
    switch self {
    case .size(let name, let size):
      Explanation("scenes of \(name) \(size) can't be drawn", expected: "16 to 8192 pixels a side, say 256x128")
    case .count(let name, let count):
      Explanation("the number of \(name) is \(count)", expected: "0 to 1000000, and at least one scene in all")
    case .folderTaken(let path):
      Explanation(
        "the folder is not empty and was not made by tel data scenes; nothing was written", place: path,
        expected: "a new or empty folder", advice: "choose another folder")
    case .otherScenes(let path, let found, let wanted):
      Explanation(
        "the folder holds scenes made with other settings (\(found)); nothing was written", place: path,
        expected: wanted, advice: "delete the folder, or choose another")
    }
  }
}
