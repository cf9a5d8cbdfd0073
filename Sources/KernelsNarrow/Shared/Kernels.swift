import Kernels

/// This module's implementation of `VectorKernels`.
public enum Library: VectorKernels {
  public static var lanes: Int { Vector.scalarCount }

  @inline(__always)
  public static func multiply(
    _ a: Floats, row aRow: Int, depth aDepth: Int, _ b: Floats, depth bDepth: Int, block: Int,
    into c: MutableFloats, row cRow: Int, count: Int, columns: Int, accumulates: Bool
  ) {
    MatrixKernel.wide(
      Product(
        a: a, aRow: aRow, aDepth: aDepth, b: b, bDepth: bDepth, bBlock: block, c: c, cRow: cRow, depth: count,
        accumulates: accumulates), columns: columns)
  }

  public static func transpose16(
    _ source: Floats, stride: Int, into target: MutableFloats, stride targetStride: Int
  ) {
    Shuffle.transpose16(source, stride: stride, into: target, stride: targetStride)
  }
}
