import Foundation
import Storage
import Tensors

/// Numbers of pixels as colours: dark for little, bright for much. Brightness alone tells them apart.
public enum HeatMap {
  /// From 0 to 1; the colour map inferno of matplotlib (CC0) at equal distances.
  private static let scale = [
    RGB(0, 0, 4), RGB(31, 12, 72), RGB(85, 15, 109), RGB(136, 34, 106), RGB(186, 54, 85), RGB(227, 89, 51),
    RGB(249, 140, 10), RGB(249, 201, 50), RGB(252, 255, 164),
  ]

  /// The colour of a share, 0…1; what lies outside is cut off, and what is no number is grey.
  public static func colour(_ share: Double) -> RGB {
    guard share.isFinite else { return RGB(128, 128, 128) }
    let place = max(0, min(1, share)) * Double(scale.count - 1)
    let lower = min(scale.count - 2, Int(place))
    let (a, b, part) = (scale[lower], scale[lower + 1], place - Double(lower))
    let mix = { (a: UInt8, b: UInt8) in UInt8((Double(a) + (Double(b) - Double(a)) * part).rounded()) }
    return RGB(mix(a.red, b.red), mix(a.green, b.green), mix(a.blue, b.blue))
  }

  /// Shares of `width` × `height` pixels, row by row.
  public static func image(_ shares: [Double], width: Int, height: Int) -> Image8 {
    precondition(shares.count == width * height, "\(shares.count) shares of \(width)x\(height) pixels")
    var image = Image8(width: width, height: height, channels: 3)
    for (index, share) in shares.enumerated() {
      let colour = colour(share)
      image.pixels[3 * index] = colour.red
      image.pixels[3 * index + 1] = colour.green
      image.pixels[3 * index + 2] = colour.blue
    }
    return image
  }

  /// Floats [H, W] from the lowest to the highest, with what the colours mean.
  public static func drawing(of tensor: Tensor, title: String = "") -> Drawing {
    precondition(tensor.rank == 2 && tensor.count > 0, "a heat map of \(tensor.shape)")
    let values = tensor.array(of: Double.self)
    let finite = values.filter(\.isFinite)
    let (low, high) = (finite.min() ?? 0, finite.max() ?? 1)
    let shares = values.map { high > low ? ($0 - low) / (high - low) : $0.isFinite ? 0.5 : .nan }
    let image = image(shares, width: tensor.shape[1], height: tensor.shape[0])
    let width = Plate.width(columns: 1)
    return Plate(
      title: title, rows: [[Plate.Cell(image, width: width, caption: "\(tensor.shape[1])×\(tensor.shape[0]) values")]],
      notes: [legend([(0, low), (0.5, (low + high) / 2), (1, high)], caption: "value", width: width)]
    ).drawing()
  }

  /// A map of shares over an image in grey: where there is little, the image shows through.
  public static func overlay(_ shares: [Double], width: Int, height: Int, over image: Image8) -> Image8 {
    var result = image.grey.rgb
    for y in 0..<image.height {
      for x in 0..<image.width {
        let share = shares[y * height / image.height * width + x * width / image.width]
        let colour = colour(share)
        let start = (y * image.width + x) * 3
        for (channel, value) in [colour.red, colour.green, colour.blue].enumerated() {
          let below = Double(result.pixels[start + channel]) * 0.45
          result.pixels[start + channel] = UInt8(min(255, Double(value) + below * (1 - max(0, min(1, share)))))
        }
      }
    }
    return result
  }

  /// What the colours mean, for numbers at places along the bar.
  public static func legend(_ values: [(share: Double, value: Double)], caption: String, width: Double) -> Drawing {
    legend(values.map { ($0.share, String(format: "%.3g", $0.value)) }, caption: caption, width: width)
  }

  /// What the colours mean: a bar with numbers below it.
  public static func legend(_ labels: [(share: Double, text: String)], caption: String, width: Double) -> Drawing {
    var drawing = Drawing(width: width, height: 52, title: caption)
    let (left, right) = (14.0, 14.0)
    let length = width - left - right
    drawing.text(caption, at: Point(left, 12), size: 12)
    let steps = 96
    for step in 0..<steps {
      drawing.rectangle(
        x: left + length * Double(step) / Double(steps), y: 18, width: length / Double(steps) + 0.5, height: 12,
        colour((Double(step) + 0.5) / Double(steps)))
    }
    for (share, text) in labels {
      let x = left + length * share
      drawing.line([Point(x, 30), Point(x, 34)], Drawing.Stroke(.faint))
      let anchor: Drawing.Anchor = share < 0.02 ? .start : share > 0.98 ? .end : .middle
      drawing.text(
        text, at: Point(share < 0.02 ? left : share > 0.98 ? left + length : x, 47), anchor: anchor, colour: .faint)
    }
    return drawing
  }
}
