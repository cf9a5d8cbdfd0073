import Storage
import Tensors

/// Data that isn't as a recipe needs it.
public enum DatasetError: ExplainedError, Equatable {
  /// `folder` doesn't exist; `layout` shows what was expected and `tried` where else it was looked for.
  case missingFolder(folder: String, layout: String, tried: [String])
  case noSamples(folder: String)
  case noImages(folder: String)
  /// Images and labels that lack their partner: how many, and the first.
  case unpaired(folder: String, file: String, missing: String, others: Int)
  case sizesDiffer(image: String, imageSize: String, labels: String, labelsSize: String)
  case notThreeChannels(name: String, found: Int)
  /// A class id in the labels that the data set doesn't have.
  case classOutside(name: String, value: Int, classes: Int)
  case sampleTooLarge(name: String, size: String, target: String)
  case nothingReadable(count: Int, first: String)
  case argument(name: String, found: String, expected: String)
  /// A relative path that was found nowhere.
  case notFound(path: String, tried: [String])
  case tooFewSamples(count: Int, batch: Int)
  /// A path that leads out of the only folders that may be read.
  case outside(path: String, folders: [String])

  public var explanation: Explanation {
    switch self {
    case .missingFolder(let folder, let layout, let tried):
      Explanation(
        "there is no folder \(folder)" + (tried.count > 1 ? " (looked for \(tried.joined(separator: ", ")))" : ""),
        expected: layout,
        advice:
          "give --data-root or DATA_ROOT the folder that holds the data"
          + (layout == Cityscapes.layout ? "; tel data scenes DATA_ROOT/cityscapes makes some to try with" : ""))
    case .noSamples(let folder):
      Explanation(
        "there are no label files in it", place: folder, expected: "one .png per image, with the image's name")
    case .noImages(let folder):
      Explanation("there are no images in it", place: folder, expected: "files that end in .png, .jpg or .jpeg")
    case .unpaired(let folder, let file, let missing, let others):
      Explanation(
        "\(file) has no \(missing)" + (others > 0 ? ", and \(others) more like it" : ""), place: folder,
        expected: "an image and a label file of the same name, extensions aside",
        advice: "add or remove files, or leave them out with --skip-bad")
    case .sizesDiffer(let image, let imageSize, let labels, let labelsSize):
      Explanation(
        "its labels have another size: \(imageSize) against \(labelsSize) of \(labels)", place: image,
        expected: "an image and labels of one size", advice: "mend the files, or leave them out with --skip-bad")
    case .notThreeChannels(let name, let found):
      Explanation("an image of \(found) channels", place: name, expected: "3 channels, red, green and blue")
    case .classOutside(let name, let value, let classes):
      Explanation(
        "the label \(value) is none of the \(classes) classes", place: name,
        expected: "0 to \(classes - 1), or \(Sample.unlabelled) for unlabelled pixels")
    case .sampleTooLarge(let name, let size, let target):
      Explanation(
        "the image is \(size) after augmentation, too large for a batch of \(target)", place: name,
        expected: "images of at most the batch's size", advice: "add a crop to augment, or a larger size")
    case .nothingReadable(let count, let first):
      Explanation("none of the \(count) samples can be used; the first says: \(first)")
    case .argument(let name, let found, let expected):
      Explanation("\(name) is \(found)", expected: expected)
    case .notFound(let path, let tried):
      Explanation("\(path) was not found", expected: "one of \(tried.joined(separator: ", "))")
    case .tooFewSamples(let count, let batch):
      Explanation(
        "\(count) samples don't fill a batch of \(batch)", expected: "at least \(batch) samples",
        advice: "use a smaller batch or more data")
    case .outside(let path, let folders):
      Explanation(
        "\(path) may not be read by a recipe that came inside of a file",
        expected: folders.isEmpty ? nil : "a path under " + folders.joined(separator: " or "),
        advice: "name the folder of data with --data-root, or read the recipe, save it as FILE.lua and run that")
    }
  }
}
