import Datasets
import Storage

/// A sheet on which sparse labels can be judged: for each image the labels over it, beside the dense ones.
public struct SparseLabelSheet: Sendable {
  private var rows: [[PictureSheet.Cell]] = []
  private let convention: LabelConvention
  /// Pictures are reduced until they are no wider than this.
  private let width: Int

  public init(_ convention: LabelConvention, width: Int = 640) { (self.convention, self.width) = (convention, width) }

  /// - Parameters:
  ///   - image: the picture, or nil where there is none: then sparse labels lie over the dense ones in pale colours.
  ///   - dense, sparse: labels as their files have them, of the image's size.
  public mutating func add(name: String, image: Image8?, dense: Image8, sparse: Image8) {
    let factor = max(1, (dense.width + width - 1) / width)
    let palette = convention.coding.classes.palette
    let labels = convention.coding.mapped(sparse).reducedLabels(by: factor)
    let truth = convention.coding.mapped(dense).reducedLabels(by: factor)
    let void = RGB(0, 0, 0)
    let below =
      image.map { $0.rgb.reduced(by: factor).overlaid(with: truth, [RGB](repeating: RGB(255, 255, 255), count: 256)) }
      ?? truth.coloured(palette, other: void).faded
    rows.append([
      .init(below.overlaid(with: labels, palette, opacity: 1), caption: name),
      .init(truth.coloured(palette, other: void), caption: "dense"),
    ])
  }

  public var isEmpty: Bool { rows.isEmpty }

  public func drawn() -> Image8 { PictureSheet(rows: rows).drawn() }
}

extension Image8 {
  /// The mean of every `factor` x `factor` pixels; a rest at the right and lower edge is dropped.
  func reduced(by factor: Int) -> Image8 {
    if factor == 1 { return self }
    var result = Image8(width: max(1, width / factor), height: max(1, height / factor), channels: channels)
    for y in 0..<result.height {
      for x in 0..<result.width {
        for channel in 0..<channels {
          var (sum, count) = (0, 0)
          for row in y * factor..<min(height, (y + 1) * factor) {
            for column in x * factor..<min(width, (x + 1) * factor) {
              sum += Int(self[column, row, channel])
              count += 1
            }
          }
          result[x, y, channel] = UInt8((sum + count / 2) / count)
        }
      }
    }
    return result
  }

  /// Train ids, one for every `factor` x `factor` pixels: the first one labelled of them, so that thin labels stay visible.
  func reducedLabels(by factor: Int) -> Image8 {
    if factor == 1 { return self }
    var result = Image8(
      width: max(1, width / factor), height: max(1, height / factor), channels: 1, filling: Sample.unlabelled)
    for y in 0..<result.height {
      for x in 0..<result.width {
        search: for row in y * factor..<min(height, (y + 1) * factor) {
          for column in x * factor..<min(width, (x + 1) * factor) where self[column, row] != Sample.unlabelled {
            result[x, y] = self[column, row]
            break search
          }
        }
      }
    }
    return result
  }

  /// Half way to white.
  var faded: Image8 {
    var result = self
    for index in result.pixels.indices { result.pixels[index] = 128 + result.pixels[index] / 2 }
    return result
  }
}
