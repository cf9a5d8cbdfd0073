import Foundation
import Storage
import Tensors

/// The kinds of sparse labels that are made from dense ones.
public enum SparseLabels: Sendable, Equatable {
  /// The inner share (0…1) of every connected region of a class: `BlockLabels`.
  case blocks(share: Double)
  /// So many clicks: `PointLabels`.
  case points(count: Int, per: Unit)
  /// So many strokes: `ScribbleLabels`.
  case scribbles(count: Int, per: Unit)

  /// What gets labels of its own.
  public enum Unit: String, Sendable, CaseIterable {
    /// Each class of an image.
    case `class`
    /// Each connected region of a class.
    case object
  }

  /// A name for the folder: block20, point1, scribble.
  public var folderName: String {
    switch self {
    case .blocks(let share): "block" + String(format: "%g", share * 100)
    case .points(let count, .class): "point\(count)"
    case .points(let count, .object): "point\(count)_object"
    case .scribbles(let count, .class): "scribble" + (count == 1 ? "" : "\(count)") + "_class"
    case .scribbles(let count, .object): "scribble" + (count == 1 ? "" : "\(count)")
    }
  }

  /// The map with only some of its labels; a function of map, kind, seed and name alone.
  /// - Parameters:
  ///   - map: dense labels as a file has them, 1 channel
  ///   - convention: tells which values are classes, and which one marks pixels that lose their label
  ///   - name: of the image, which random places depend on
  public func made(from map: Image8, _ convention: LabelConvention, seed: UInt64, name: String) -> Image8 {
    switch self {
    case .blocks(let share):
      return BlockLabels(map, isClass: convention.isClass).keeping(share, unlabelled: convention.unlabelled)
    case .points(let count, let unit):
      var random = RandomStream(seed: seed, purpose: "points of \(name)")
      return PointLabels(map, isClass: convention.isClass)
        .clicked(count, per: unit, unlabelled: convention.unlabelled, &random)
    case .scribbles(let count, let unit):
      var random = RandomStream(seed: seed, purpose: "scribbles of \(name)")
      return ScribbleLabels(map, isClass: convention.isClass)
        .drawn(count, per: unit, unlabelled: convention.unlabelled, &random)
    }
  }
}
