import Datasets
import Storage

/// Colours of classes, by train id.
public enum Palette {
  /// The colours of a benchmark: `cityscapes` (19 classes), `voc` (21 with background) or `ade20k` (150); nil for other names.
  public static func named(_ name: String) -> [RGB]? {
    switch name {
    case "cityscapes": ClassList.cityscapes.palette
    case "voc": voc
    case "ade20k": ClassList.ade20k.palette
    default: nil
    }
  }

  /// The colours for a number of classes: the benchmark's that has so many, or else colours that are told apart.
  public static func usual(classes count: Int) -> [RGB] {
    ["cityscapes", "voc", "ade20k"].compactMap(named).first { $0.count == count } ?? ClassList.numbered(count).palette
  }

  /// PASCAL VOC 2012: black for the background, then its 20 objects.
  public static let voc = ClassList.voc2012.palette
}
