import CProcessor
import Kernels

/// One product of the matrix kernel: `c[r, j] (+)= Σ_k a[k, r] · b[k, j]` for 16 rows r and some registers of columns j.
///
/// `a[k, r]` is at `a + k·aDepth + r·aRow`. Columns come in blocks of 16 floats, whatever the register's width: column
/// j of `b` is at `b + k·bDepth + (j / 16)·bBlock + j % 16`, of `c` at `c + r·cRow + j`.
struct Product {
  var a: Floats
  var aRow: Int
  var aDepth: Int
  var b: Floats
  var bDepth: Int
  var bBlock: Int
  var c: MutableFloats
  var cRow: Int
  var depth: Int
  var accumulates: Bool

  /// The same product from row `rows` on.
  @inline(__always) func advanced(_ rows: Int) -> Product {
    var p = self
    p.a += rows &* aRow
    p.c += rows &* cRow
    return p
  }
}

/// `rows × vectors` accumulators that stay in registers while the depth passes; `count` is their product.
///
/// The arrays are made by a closure: `InlineArray(repeating:)` becomes a call, and what a call has seen stays in memory.
///
/// `isPacked` says that rows of `a` are neighbours: then their addresses are constants. Else each address is the one before it
/// plus the distance, a chain that takes as many cycles as there are rows; a second one for the second half of them helps.
enum Tile<let rows: Int, let vectors: Int, let count: Int> {
  @inline(__always) static func run(_ p: Product, isPacked: Bool) {
    let n = Vector.scalarCount
    var sums = InlineArray<count, Vector> { _ in Vector(repeating: 0) }
    if p.accumulates {
      for r in 0..<rows {
        for j in 0..<vectors {
          sums[unchecked: r &* vectors &+ j] = Vector(p.c + (r &* p.cRow &+ j &* n))
        }
      }
    } else {
      // The place for the sums comes while they are made.
      for r in 0..<rows {
        for j in 0..<vectors { processor_prefetch_store(p.c + (r &* p.cRow &+ j &* n)) }
      }
    }
    var (a, b) = (p.a, p.b)
    var later = p.a + (rows / 2) &* p.aRow
    for _ in 0..<p.depth {
      var columns = InlineArray<vectors, Vector> { _ in Vector(repeating: 0) }
      for j in 0..<vectors {
        columns[unchecked: j] = Vector(b + (((j &* n) &>> 4) &* p.bBlock &+ ((j &* n) & 15)))
      }
      for r in 0..<rows {
        let factor = Vector(
          repeating: isPacked ? a[r] : r < rows / 2 ? a[r &* p.aRow] : later[(r &- rows / 2) &* p.aRow])
        for j in 0..<vectors {
          sums[unchecked: r &* vectors &+ j] = sums[unchecked: r &* vectors &+ j].fma(factor, columns[unchecked: j])
        }
      }
      // Packed weights are streamed from far away, and the processor by itself fetches ahead within a page only: 2 kB ahead make
      // 720 channels at 128² a sixth faster.
      if isPacked { processor_prefetch(a + 512) }
      a += p.aDepth
      if !isPacked { later += p.aDepth }
      b += p.bDepth
    }
    for r in 0..<rows {
      for j in 0..<vectors { sums[unchecked: r &* vectors &+ j].store(p.c + (r &* p.cRow &+ j &* n)) }
    }
  }
}

/// The kernel at 16 rows and any number of columns up to a panel's.
enum MatrixKernel {
  /// `columns` is rounded up to whole registers, at most `TileShape.vectors` of them.
  @inline(never) static func run(_ p: Product, columns: Int) {
    let n = Vector.scalarCount
    TileShape.run(p, vectors: (columns &+ n &- 1) / n)
  }

  /// All columns of `p`, `TileShape.vectors` registers at a time.
  @inline(__always) static func wide(_ p: Product, columns: Int) {
    var (p, left) = (p, columns)
    let step = TileShape.vectors &* Vector.scalarCount
    while left > 0 {
      // Two and two registers are faster than three and one.
      let some = left == 4 &* Vector.scalarCount ? left / 2 : step
      run(p, columns: left < some ? left : some)
      p.b += (some / 16) &* p.bBlock
      p.c += some
      left &-= some
    }
  }
}
