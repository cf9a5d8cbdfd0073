import Foundation
import Storage

/// How close a tree holds pixels to one of them, as colours with their meaning below.
public enum AffinityDrawing {
  /// - Parameters:
  ///   - affinity: `width * height` shares of the pixel's own, row by row, 1 at the pixel.
  ///   - pixel: on that grid.
  ///   - image: of any size, shown beside.
  public static func drawing(
    _ affinity: [Double], width: Int, height: Int, pixel: (x: Int, y: Int), over image: Image8?, caption: String
  ) -> Drawing {
    let shown = Plate.width(columns: image == nil ? 1 : 2)
    let cells =
      (image.map { [cell($0, width: shown, caption: "image", grid: (width, height), pixel)] } ?? []) + [
        cell(affinity, width: shown, caption: caption, grid: (width, height), pixel, over: image)
      ]
    return Plate(title: "", rows: [cells], notes: [legend(width: shown)]).drawing()
  }

  /// The logarithm of an affinity is shown, down to 10⁻⁴.
  private static let decades = 4.0

  /// The map, over an image in grey where there is one, with the pixel marked.
  public static func cell(
    _ affinity: [Double], width: Double, caption: String, grid: (width: Int, height: Int), _ pixel: (x: Int, y: Int),
    over image: Image8? = nil
  ) -> Plate.Cell {
    let shares = affinity.map { 1 + max(-decades, log10($0)) / decades }
    // An image coarser than the map would hide some of it.
    let map =
      image.map { $0.width >= grid.width && $0.height >= grid.height } == true
      ? HeatMap.overlay(shares, width: grid.width, height: grid.height, over: image!)
      : HeatMap.image(shares, width: grid.width, height: grid.height)
    return cell(map, width: width, caption: caption, grid: grid, pixel)
  }

  /// An image with the pixel marked.
  public static func cell(
    _ image: Image8, width: Double, caption: String, grid: (width: Int, height: Int), _ pixel: (x: Int, y: Int)
  ) -> Plate.Cell {
    var cell = Plate.Cell(image, width: width, caption: caption)
    let at = Point(
      (Double(pixel.x) + 0.5) / Double(grid.width) * cell.drawing.width,
      (Double(pixel.y) + 0.5) / Double(grid.height) * cell.drawing.height)
    // A cross with a gap in the middle, white on black, shows on any colour.
    for stroke in [Drawing.Stroke(RGB(0, 0, 0), width: 4), Drawing.Stroke(.paper, width: 1.6)] {
      cell.drawing.add(
        .segments(
          [(-12, 0), (12, 0), (0, -12), (0, 12)].map { x, y in
            (Point(at.x + x / 3, at.y + y / 3), Point(at.x + x, at.y + y))
          }, stroke))
    }
    return cell
  }

  /// What the colours mean.
  public static func legend(width: Double) -> Drawing {
    HeatMap.legend(
      [(0, "≤ 0.0001"), (0.25, "0.001"), (0.5, "0.01"), (0.75, "0.1"), (1, "1")],
      caption: "affinity, as a share of the pixel's own (logarithmic)", width: width)
  }
}
