import Datasets
import Networks
import Storage
import Training

/// What a recipe's resolved values, as runs and checkpoints record them, say of how images are shown and classes coded.
///
/// Values are data: nothing of the recipe is run, and what makes no sense is as if it were not there.
public struct RecordedRecipe: Sendable {
  private let model: StoredValue
  private let validation: StoredValue
  private let test: StoredValue

  /// - Parameter resolved: `RecipeRecord.resolved`.
  public init(_ resolved: StoredValue) {
    model = resolved["model"] ?? .null
    validation = resolved["data"]?["val"] ?? .null
    test = resolved["test"] ?? .null
  }

  /// What the weights' shapes don't tell.
  public var hints: NetworkRecognition.Hints {
    switch model["constructor"] {
    case "tel.models.deeplabv3plus": .init(outputStride: model.count("output_stride", most: 32))
    case "tel.models.ltf": .init(groups: model.count("groups", most: 4096))
    default: .init()
    }
  }

  /// How a test brings images to the network.
  public var transform: EvaluationTransform {
    var transform = EvaluationTransform(multiple: validation.count("multiple", most: 1024) ?? 1)
    if let (width, height) = validation.size("resize") {
      transform.size = .exact(width: width, height: height)
    } else if let side = validation.count("shorter_side", most: StoredValue.longestSide) {
      transform.size = .shorterSide(side)
    }
    guard test["protocol"] == "published", case .string(let constructor)? = validation["constructor"] else {
      return transform
    }
    return PublishedEvaluation(of: constructor)?.transform(transform) ?? transform
  }

  /// The sliding window of validation.
  public var window: EvaluationWindow? {
    validation.size("window").map { width, height in
      let stride = validation.size("window_stride")
      return EvaluationWindow(height: height, width: width, stride: stride.map { (height: $0.height, width: $0.width) })
    }
  }

  /// Names, colours and label values of the classes of the validation data; nil where they don't say.
  public var coding: LabelCoding? {
    switch validation["constructor"] {
    case "tel.data.cityscapes": .cityscapes
    case "tel.data.voc2012": .voc2012
    case "tel.data.ade20k": .ade20k
    case "tel.data.scenes": validation["classes"] == "cityscapes" ? .cityscapes : .scenes
    default: validation.classList.flatMap { validation.coding(of: $0) }
    }
  }
}

extension PublishedEvaluation {
  /// The evaluation of the data set that a constructor, say `tel.data.ade20k`, opens; nil where none was published.
  init?(of constructor: String) {
    switch constructor {
    case "tel.data.cityscapes": self = .cityscapes
    case "tel.data.ade20k": self = .ade20k
    case "tel.data.voc2012": self = .voc2012
    default: return nil
    }
  }
}

extension StoredValue {
  fileprivate static let longestSide = 1 << 15

  fileprivate func count(_ key: String, most: Int) -> Int? {
    guard case .integer(let value)? = self[key], (1...most).contains(value) else { return nil }
    return value
  }

  fileprivate func size(_ key: String) -> (width: Int, height: Int)? {
    guard case .list(let sides)? = self[key], sides.count == 2,
      case (.integer(let width), .integer(let height)) = (sides[0], sides[1]),
      (1...Self.longestSide).contains(width), (1...Self.longestSide).contains(height)
    else { return nil }
    return (width, height)
  }

  /// Bytes in a list; nil for anything else.
  private var bytes: [UInt8]? {
    guard case .list(let values) = self else { return nil }
    let bytes = values.compactMap { if case .integer(let value) = $0 { UInt8(exactly: value) } else { nil } }
    return bytes.count == values.count ? bytes : nil
  }

  /// `classes`, a number or names, with the colours of `palette` if there are any.
  fileprivate var classList: ClassList? {
    var list: ClassList
    if let count = count("classes", most: 255) {
      list = ClassList.numbered(count)
    } else if case .list(let values)? = self["classes"], (1...255).contains(values.count) {
      let names = values.map { if case .string(let name) = $0 { name } else { "?" } }
      list = ClassList(names: names, palette: ClassList.numbered(names.count).palette)
    } else {
      return nil
    }
    if case .list(let colours)? = self["palette"] {
      let palette = colours.compactMap(\.bytes).filter { $0.count == 3 }.map { RGB($0[0], $0[1], $0[2]) }
      if palette.count == list.count { list = ClassList(names: list.names, palette: palette) }
    }
    return list
  }

  /// These classes with the values `ids` in label files, or else those from 0.
  fileprivate func coding(of classes: ClassList) -> LabelCoding {
    let plain = LabelCoding(classes: classes, ids: (0..<classes.count).map { UInt8($0) })
    guard let ids = self["ids"]?.bytes, ids.count == classes.count, Set(ids).count == ids.count else { return plain }
    return LabelCoding(classes: classes, ids: ids)
  }
}
