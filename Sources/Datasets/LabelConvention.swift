import Storage

/// A way in which data sets write classes into label files: which values are classes, and which one means "not labelled".
public struct LabelConvention: Sendable, Equatable {
  public enum Name: String, Sendable, CaseIterable {
    /// Label ids of Cityscapes, 19 of which are classes.
    case cityscapes
    /// 1…150 are classes, 0 is unlabelled. Classes are had by subtracting 1.
    case ade20k
    /// 0…20 are classes, 0 the background among them; 255 is void or unlabelled.
    case voc
    /// Every value is a class but 255, and others that one names.
    case plain
  }

  public let name: Name
  public let coding: LabelCoding
  /// The value that sparse labels have where there is no label.
  public let unlabelled: UInt8

  private init(_ name: Name, _ coding: LabelCoding, unlabelled: UInt8) {
    (self.name, self.coding, self.unlabelled) = (name, coding, unlabelled)
  }

  /// The convention of a benchmark, or for `plain` the values 0…254.
  public init(_ name: Name) {
    switch name {
    case .cityscapes: self.init(name, .cityscapes, unlabelled: BlockLabels.unlabelled)
    case .ade20k: self.init(name, .ade20k, unlabelled: 0)
    case .voc: self.init(name, .voc2012, unlabelled: Sample.unlabelled)
    case .plain: self.init(plainClasses: 255, ignored: [])
    }
  }

  /// Values `0..<plainClasses` are classes, except those in `ignored`, the first of which marks what is not labelled. 255 is
  /// never a class.
  public init(plainClasses: Int, ignored: [UInt8]) {
    let table = (0..<256).map {
      $0 < min(255, plainClasses) && !ignored.contains(UInt8($0)) ? UInt8($0) : Sample.unlabelled
    }
    self.init(
      .plain, LabelCoding(classes: .numbered(min(255, plainClasses)), trainIDs: table),
      unlabelled: ignored.first ?? Sample.unlabelled)
  }

  /// Class ids of these names, or of any number of classes, as pseudo-labels have them. 255 is never a class.
  public init(classIDs names: [String]?) {
    let names = names.flatMap { $0.isEmpty ? nil : $0 }
    let count = min(255, names?.count ?? 255)
    let numbered = ClassList.numbered(count)
    let classes = names.map { ClassList(names: Array($0.prefix(count)), palette: numbered.palette) } ?? numbered
    self.init(
      .plain, LabelCoding(classes: classes, ids: (0..<count).map { UInt8($0) }), unlabelled: Sample.unlabelled)
  }

  /// Whether a value of a label file is a class.
  public func isClass(_ value: UInt8) -> Bool { coding.trainIDs[Int(value)] != Sample.unlabelled }

  /// What the class of a value is called; nil for values of no class.
  public func className(_ value: UInt8) -> String? {
    isClass(value) ? coding.classes.names[Int(coding.trainIDs[Int(value)])] : nil
  }

  /// For a line of text.
  public var summary: String {
    switch name {
    case .cityscapes: "Cityscapes' label ids, 19 classes"
    case .ade20k: "ADE20K's values, 150 classes from 1 on, 0 unlabelled"
    case .voc: "PASCAL VOC's values, 0 to 20 are classes, 255 is void"
    case .plain:
      "plain values, each a class except "
        + Set((0..<coding.classes.count).filter { !isClass(UInt8($0)) } + [Int(unlabelled), 255]).sorted()
        .map(String.init).joined(separator: ", ")
    }
  }
}

extension LabelConvention {
  /// What label files most likely follow, from their values and the words in their path; values decide where they can.
  /// - Parameters:
  ///   - histogram: pixels of each of the 256 values, over several files
  ///   - path: of the folder; a name such as "ADEChallengeData2016" in it counts
  ///   - isBenchmarkLayout: whether the folders are laid out as Cityscapes and ADE20K are, which leaves these two
  public static func guess(histogram: [Int], path: String, isBenchmarkLayout: Bool = false) -> Name {
    precondition(histogram.count == 256)
    let highest = (0..<255).last { histogram[$0] > 0 } ?? 0
    let named = named(in: path)
    if let named, mayFollow(named, highest: highest) { return named }
    let coding = LabelCoding.cityscapes
    // 0 is unlabelled in sparse label ids, and says nothing.
    let valued = histogram[1..<255].reduce(0, +)
    let evaluated = (1..<255).reduce(0) { $0 + (coding.trainIDs[$1] != Sample.unlabelled ? histogram[$1] : 0) }
    let looksLikeLabelIDs = highest <= 33 && highest > 20 && evaluated * 2 > valued
    if looksLikeLabelIDs { return .cityscapes }
    if isBenchmarkLayout { return highest > 33 ? .ade20k : .cityscapes }
    if highest <= 20 && highest > 18 && histogram[0] > 0 && histogram[255] > 0 { return .voc }
    if highest > 100 && highest <= 150 && histogram[255] == 0 && histogram[0] > 0 { return .ade20k }
    return .plain
  }

  private static func mayFollow(_ name: Name, highest: Int) -> Bool {
    switch name {
    case .cityscapes: highest <= 33
    case .ade20k: highest <= 150
    case .voc: highest <= 20
    case .plain: true
    }
  }

  private static func named(in path: String) -> Name? {
    for part in path.lowercased().split(separator: "/").reversed() {
      if part.contains("cityscapes") || part == "gtfine" || part == "gtcoarse" { return .cityscapes }
      if part.hasPrefix("ade20k") || part.hasPrefix("adechallenge") { return .ade20k }
      if part.hasPrefix("voc") || part.hasPrefix("segmentationclass") { return .voc }
    }
    return nil
  }
}
