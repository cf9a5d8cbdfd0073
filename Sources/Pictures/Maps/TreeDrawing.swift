import Storage
import Tensors

/// A spanning tree of a pixel grid, drawn over the image that it spans.
public enum TreeDrawing {
  /// Edges from the centres of pixels to those of their neighbours.
  /// - Parameters:
  ///   - edges: int32 `[V-1, 2]`, pairs of vertex ids `y * width + x` of a grid of `width` × `height`.
  ///   - image: of any size; it is drawn pale, stretched over the grid.
  public static func drawing(edges: Tensor, width: Int, height: Int, over image: Image8?, title: String = "") -> Drawing
  {
    precondition(edges.rank == 2 && edges.shape[1] == 2, "edges of shape \(edges.shape)")
    let cell = cell(width, height)
    let size = (width: Double(width) * cell, height: Double(height) * cell)
    var drawing = Drawing(width: size.width, height: size.height, title: title)
    if let image { drawing.add(.picture(image.paled, x: 0, y: 0, width: size.width, height: size.height)) }
    let centre = { (vertex: Int32) in
      Point((Double(Int(vertex) % width) + 0.5) * cell, (Double(Int(vertex) / width) + 0.5) * cell)
    }
    let ids = edges.array(of: Int32.self)
    let lines = stride(from: 0, to: ids.count, by: 2).map { (centre(ids[$0]), centre(ids[$0 + 1])) }
    drawing.add(.segments(lines, Drawing.Stroke(CurveChart.colours[0], width: max(1, cell / 7))))
    return drawing
  }

  /// Units from one pixel of the grid to the next: large enough to see edges apart, small enough for a page.
  public static func cell(_ width: Int, _ height: Int) -> Double {
    max(4, min(16, (960 / Double(max(width, height))).rounded(.down)))
  }
}

extension Image8 {
  /// Two thirds of the way to white, so that what is drawn over it shows.
  public var paled: Image8 {
    var result = self
    for index in result.pixels.indices { result.pixels[index] = 255 - (255 - result.pixels[index]) / 5 * 2 }
    return result
  }

  /// Grey as bright as the colours are.
  public var grey: Image8 {
    if channels == 1 { return self }
    return Image8(
      width: width, height: height, channels: 1,
      pixels: (0..<width * height).map {
        let (red, green, blue) = (Int(pixels[3 * $0]), Int(pixels[3 * $0 + 1]), Int(pixels[3 * $0 + 2]))
        return UInt8((299 * red + 587 * green + 114 * blue) / 1000)
      })
  }
}
