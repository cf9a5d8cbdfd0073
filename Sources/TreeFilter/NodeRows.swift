/// How the filter lays out features: one row per vertex, channels side by side.
///
/// Channel 0 holds the constant 1, whose filtered value is the normalisation; the features follow from channel 1, and zeros fill
/// the row up to whole vectors of eight.
struct NodeRows {
  let channels: Int
  let vertices: Int
  /// Vectors of eight per row.
  let lanes: Int

  init(channels: Int, vertices: Int) {
    (self.channels, self.vertices) = (channels, vertices)
    lanes = (channels + 1 + 7) / 8
  }

  /// Vectors of eight in all rows.
  var laneCount: Int { vertices * lanes }
  /// Elements in all rows.
  var elementCount: Int { 8 * laneCount }

  /// Vertices that are transposed at a time: a cache line of each plane, and few enough rows to stay in the nearest cache.
  private static var tile: Int { 16 }

  /// Rows from planes [C, V]; channel 0 of each row becomes `constant`.
  func load<T: FilterElement>(
    _ planes: UnsafePointer<T>, constant: T, into rows: UnsafeMutablePointer<SIMD8<T>>
  ) {
    let stride = 8 * lanes
    rows.withMemoryRebound(to: T.self, capacity: elementCount) { rows in
      for start in Swift.stride(from: 0, to: vertices, by: NodeRows.tile) {
        let count = min(NodeRows.tile, vertices - start)
        let tile = rows + start * stride
        for v in 0..<count { tile[v * stride] = constant }
        for channel in 0..<channels {
          let (plane, column) = (planes + channel * vertices + start, tile + channel + 1)
          for v in 0..<count { column[v * stride] = plane[v] }
        }
        for channel in channels + 1..<max(stride, channels + 1) {
          for v in 0..<count { tile[v * stride + channel] = 0 }
        }
      }
    }
  }

  /// Planes [C, V] from rows.
  func store<T: FilterElement>(_ rows: UnsafePointer<SIMD8<T>>, into planes: UnsafeMutablePointer<T>) {
    let stride = 8 * lanes
    rows.withMemoryRebound(to: T.self, capacity: elementCount) { rows in
      for start in Swift.stride(from: 0, to: vertices, by: NodeRows.tile) {
        let count = min(NodeRows.tile, vertices - start)
        for channel in 0..<channels {
          let (plane, column) = (planes + channel * vertices + start, rows + start * stride + channel + 1)
          for v in 0..<count { plane[v] = column[v * stride] }
        }
      }
    }
  }
  /// Multiplies each row by its vertex's factor.
  func scale<T: FilterElement>(_ rows: UnsafeMutablePointer<SIMD8<T>>, by factors: UnsafePointer<T>) {
    for vertex in 0..<vertices {
      let (row, factor) = (rows + vertex &* lanes, SIMD8<T>(repeating: factors[vertex]))
      for l in 0..<lanes { row[l] = T.multiply(row[l], factor) }
    }
  }
}
