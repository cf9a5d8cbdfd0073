import Kernels

/// Shuffles between registers: everything is made of "every second element of two registers".
enum Shuffle {
  /// Elements 0, 2, 4, … of `a` followed by `b`, and elements 1, 3, 5, ….
  @inline(__always) static func split(_ a: Vector, _ b: Vector) -> (Vector, Vector) {
    (evens(a, b), odds(a, b))
  }

  /// The reverse: a₀ b₀ a₁ b₁ …, in two registers.
  @inline(__always) static func zip(_ a: Vector, _ b: Vector) -> (Vector, Vector) {
    (firsts(a, b), seconds(a, b))
  }

  /// Rows become columns: log₂ n times, every second element of all goes to the front.
  @inline(__always) static func transpose(_ square: inout Square) {
    let n = Vector.scalarCount
    var stage = 1
    while stage < n {
      var next = Square { _ in Vector(repeating: 0) }
      for i in 0..<n / 2 {
        (next[unchecked: i], next[unchecked: i &+ n / 2]) =
          split(square[unchecked: 2 &* i], square[unchecked: 2 &* i &+ 1])
      }
      square = next
      stage &*= 2
    }
  }

  /// `target[j, i] = source[i, j]` for a block of 16×16, or for its first columns only.
  @inline(__always)
  static func transpose16(
    _ source: Floats, stride: Int, into target: MutableFloats, stride targetStride: Int, columns: Int = 16
  ) {
    let n = Vector.scalarCount
    var i = 0
    while i < 16 {
      var j = 0
      while j < columns {
        var square = Square { _ in Vector(repeating: 0) }
        for k in 0..<n { square[unchecked: k] = Vector(source + ((i &+ k) &* stride &+ j)) }
        transpose(&square)
        for k in 0..<n where j &+ k < columns {
          square[unchecked: k].store(target + ((j &+ k) &* targetStride &+ i))
        }
        j &+= n
      }
      i &+= n
    }
  }
}
