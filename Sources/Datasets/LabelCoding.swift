import Storage

/// How the values of label files become train ids.
public struct LabelCoding: Sendable, Equatable {
  public let classes: ClassList
  /// The train id of each of the 256 values, `Sample.unlabelled` where there is none.
  public let trainIDs: [UInt8]

  /// - Parameter trainIDs: 256 entries
  public init(classes: ClassList, trainIDs: [UInt8]) {
    precondition(trainIDs.count == 256)
    (self.classes, self.trainIDs) = (classes, trainIDs)
  }

  /// The value `ids[k]` is class k; all others are unlabelled.
  public init(classes: ClassList, ids: [UInt8]) {
    var table = [UInt8](repeating: Sample.unlabelled, count: 256)
    for (trainID, id) in ids.enumerated() { table[Int(id)] = UInt8(trainID) }
    self.init(classes: classes, trainIDs: table)
  }

  /// Cityscapes label ids to its 19 classes.
  public static let cityscapes = LabelCoding(
    classes: .cityscapes, ids: [7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33])

  /// PASCAL VOC 2012: label files hold the 21 train ids themselves, and 255 for void.
  public static let voc2012 = LabelCoding(classes: .voc2012, ids: Array(0...20))

  /// ADE20K's annotations: 0 is unlabelled, 1…150 are the classes, one less each. What lies above is no class; the published
  /// system, which subtracts 1 from bytes, scores such pixels neither.
  public static let ade20k = LabelCoding(classes: .ade20k, ids: Array(1...150))

  /// The ids of made scenes to their 11 classes alone, in the same order.
  public static let scenes: LabelCoding = {
    let ids = SceneLabel.allCases.map(\.rawValue)
    let chosen = ids.map { Int(cityscapes.trainIDs[Int($0)]) }
    return LabelCoding(
      classes: ClassList(
        names: chosen.map { ClassList.cityscapes.names[$0] }, palette: chosen.map { ClassList.cityscapes.palette[$0] }),
      ids: ids)
  }()

  /// Label ids of the classes, by train id; the first of several.
  public var ids: [UInt8?] {
    (0..<classes.count).map { trainID in trainIDs.firstIndex(of: UInt8(trainID)).map { UInt8($0) } }
  }

  /// The value of each of the 256 train ids in label files, `Sample.unlabelled` for ids of no class.
  public var labelIDs: [UInt8] {
    let ids = ids
    return (0..<256).map { $0 < ids.count ? ids[$0] ?? Sample.unlabelled : Sample.unlabelled }
  }

  /// The map with every value replaced by its train id.
  public func mapped(_ labels: Image8) -> Image8 {
    var result = labels
    trainIDs.withUnsafeBufferPointer { table in
      result.pixels.withUnsafeMutableBufferPointer { pixels in
        for i in pixels.indices { pixels[i] = table[Int(pixels[i])] }
      }
    }
    return result
  }

  /// Whether most labelled pixels have values that are no ids of this coding. 0 and 255 mark the unlabelled in all codings
  /// met so far and are not counted, since sparse labels consist of them.
  public func isForeign(_ labels: Image8) -> Bool {
    var histogram = [Int](repeating: 0, count: 256)
    for value in labels.pixels { histogram[Int(value)] += 1 }
    let labelled = (1...254).reduce(0) { $0 + histogram[$1] }
    let foreign = (1...254).reduce(0) { $0 + (trainIDs[$1] == Sample.unlabelled ? histogram[$1] : 0) }
    return foreign * 2 > labelled
  }
}
