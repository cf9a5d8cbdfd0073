import Kernels
import Tensors

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

  /// Vectors of eight in all rows, and in those after the last that kernels may touch (`TreeWalk.extraRows`, whole blocks).
  var laneCount: Int { ((vertices + TreeWalk.extraRows + 7) & ~7) * lanes }
  /// Elements in all rows.
  var elementCount: Int { 8 * laneCount }

  /// As the kernels see them.
  var shape: TreeRows { TreeRows(channels: channels, vertices: vertices) }

  /// Room for the kernels' tile.
  func withTile(_ body: (MutableFloats) -> Void) {
    let buffer = Buffer(byteCount: shape.tileFloats * MemoryLayout<Float>.stride)
    body(buffer.bytes.assumingMemoryBound(to: Float.self))
    extendLifetime(buffer)
  }

  /// Vertices that are transposed at a time: some cache lines of each plane, and few enough rows to stay in a near cache.
  private static var tile: Int { 64 }

  /// Rows from planes [C, V]; channel 0 of each row becomes `constant`.
  func load<T: FilterElement>(
    _ planes: UnsafePointer<T>, constant: T, into rows: UnsafeMutablePointer<SIMD8<T>>
  ) {
    if let kernels = T.kernels {
      return withTile {
        kernels.packRows(
          floats(planes), shape, constant: Float(constant.asDouble), softmax: false, into: floats(rows), tile: $0)
      }
    }
    let elements = UnsafeMutableRawPointer(rows).assumingMemoryBound(to: T.self)
    let length = 8 * lanes
    forEachTile { first, vertex in
      var block = Block(planes + (first * vertices + vertex), stride: vertices)
      block.transpose()
      block.store(to: elements + (vertex * length + first + 1), stride: length)
    } edge: { first, vertex in
      for channel in first..<first + 8 {
        let value = channel < 0 ? constant : channel < channels ? planes[channel * vertices + vertex] : 0
        elements[vertex * length + channel + 1] = value
      }
    }
  }

  /// Planes [C, V] from rows.
  func store<T: FilterElement>(_ rows: UnsafePointer<SIMD8<T>>, into planes: UnsafeMutablePointer<T>) {
    if let kernels = T.kernels {
      return withTile { kernels.unpackRows(floats(rows), shape, into: floats(planes), tile: $0) }
    }
    let elements = UnsafeRawPointer(rows).assumingMemoryBound(to: T.self)
    let length = 8 * lanes
    forEachTile { first, vertex in
      var block = Block(elements + (vertex * length + first + 1), stride: length)
      block.transpose()
      block.store(to: planes + (first * vertices + vertex), stride: vertices)
    } edge: { first, vertex in
      for channel in max(0, first)..<min(channels, first + 8) {
        planes[channel * vertices + vertex] = elements[vertex * length + channel + 1]
      }
    }
  }

  /// Calls `whole` for blocks of eight planes from `first` and eight vertices, and `edge` for single vertices where these or those
  /// are fewer; `first` is -1 where the constant comes before the features.
  @inline(__always)
  private func forEachTile(_ whole: (_ first: Int, _ vertex: Int) -> Void, edge: (_ first: Int, _ vertex: Int) -> Void)
  {
    for start in stride(from: 0, to: vertices, by: NodeRows.tile) {
      let end = min(vertices, start + NodeRows.tile)
      for first in stride(from: -1, to: 8 * lanes - 1, by: 8) {
        var vertex = start
        if first >= 0 && first + 8 <= channels {
          while vertex + 8 <= end {
            whole(first, vertex)
            vertex += 8
          }
        }
        while vertex < end {
          edge(first, vertex)
          vertex += 1
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
