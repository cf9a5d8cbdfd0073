import Storage

/// What a check found in one part of a data set, as data.
public struct PartReport: Sendable {
  public let part: DatasetPart
  /// How many files there are; images is nil where labels stand alone.
  public var imageFiles: Int?
  public var labelFiles = 0
  /// Names of files without a partner.
  public var lonelyImages: [String] = []
  public var lonelyLabels: [String] = []
  /// The folder that is missing or empty.
  public var missingFolder: String?
  /// Sizes of label maps from all headers, as "256x128".
  public var sizes: [String: Int] = [:]
  /// Pairs of different sizes: names, and sizes of image and labels.
  public var sizesDiffer: [(name: String, image: String, labels: String)] = []
  /// Files that can't be read, and why.
  public var unreadable: [(path: String, error: any Error)] = []

  /// Label maps that were read whole.
  public var read = 0
  public var tally = LabelTally()
  /// Names of maps that were read and have no label of a class.
  public var unlabelled: [String] = []
  /// Names of maps that were read and look like train ids.
  public var likeTrainIDs: [String] = []
  /// Pixels that are labelled here and in the dense labels, those of them with another class there, and the maps' names.
  public var compared = 0
  public var disagreeing = 0
  public var disagreeingMaps: [String] = []
  /// Pixels that have a class in the dense labels of the maps that were read.
  public var denselyLabelled = 0

  /// Pixels whose confidence is i 255ths, for i from 0 to 255, of pseudo-labels that have confidences.
  public var confidences: [Int]?

  init(_ part: DatasetPart) { self.part = part }

  /// Pairs of an image and a label map, or label maps where they stand alone.
  public var pairs: Int { labelFiles - lonelyLabels.count }

  mutating func sortNames() {
    unlabelled.sort()
    likeTrainIDs.sort()
    disagreeingMaps.sort()
    sizesDiffer.sort { $0.name < $1.name }
    unreadable.sort { $0.path < $1.path }
  }
}
