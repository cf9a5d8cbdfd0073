import Tensors

/// What covers an outline: changes colour and label of the pixels it is given, or leaves them, which cuts holes.
protocol Paint: Sendable {
  /// - Parameter point: centre of the pixel, in units of the picture's height.
  func apply(at point: Point, color: inout Color, label: inout UInt8)
}

/// Some rows of a picture being painted. Scenes are painted band by band, so that the memory of a large one stays small.
struct Band: ~Copyable {
  let width: Int
  /// Rows of the whole canvas that this band holds.
  let rows: Range<Int>
  /// Canvas pixels per unit (the picture's height).
  let scale: Float
  let colors: UnsafeMutableBufferPointer<Color>
  let labels: UnsafeMutableBufferPointer<UInt8>

  init(width: Int, rows: Range<Int>, scale: Float) {
    (self.width, self.rows, self.scale) = (width, rows, scale)
    colors = .allocate(capacity: width * rows.count)
    labels = .allocate(capacity: width * rows.count)
    colors.initialize(repeating: Color(repeating: 0))
    labels.initialize(repeating: 0)
  }

  deinit {
    colors.deallocate()
    labels.deallocate()
  }

  /// Applies `paint` to the pixels whose centres lie inside `outline`.
  @inline(__always)
  func fill<P: Paint>(_ outline: Outline, with paint: P) {
    let (first, last) = outline.verticalExtent
    let lowest = max(rows.lowerBound, Int(max(0, first * scale - 0.5).rounded(.up)))
    let beyond = min(rows.upperBound, Int(max(0, last * scale + 0.5).rounded(.up)))
    if lowest >= beyond { return }
    let pixel = 1 / scale
    var crossings: [Float] = []
    for row in lowest..<beyond {
      let y = (Float(row) + 0.5) * pixel
      outline.crossings(at: y, into: &crossings)
      for pair in stride(from: 0, to: crossings.count - 1, by: 2) {
        let from = max(0, Int(min(Float(width), max(0, (crossings[pair] * scale - 0.5).rounded(.up)))))
        let to = Int(min(Float(width), max(0, (crossings[pair + 1] * scale - 0.5).rounded(.up))))
        let start = (row - rows.lowerBound) * width
        for column in from..<max(from, to) {
          paint.apply(
            at: Point((Float(column) + 0.5) * pixel, y), color: &colors[start + column], label: &labels[start + column])
        }
      }
    }
  }
}

/// One step of painting: an outline and its paint, specialised when it is made so that the loop over pixels is direct.
struct Stroke: Sendable {
  let draw: @Sendable (borrowing Band) -> Void

  init<P: Paint>(_ outline: Outline, _ paint: P) {
    draw = { $0.fill(outline, with: paint) }
  }
}
