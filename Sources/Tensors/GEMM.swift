import COpenBLAS

/// A matrix in memory as BLAS sees it: `rows` × `columns` after the transposition, `stride` elements between stored rows.
struct Matrix<T: FloatingElement> {
  var base: UnsafeMutablePointer<T>
  var rows: Int
  var columns: Int
  var stride: Int
  var isTransposed = false

  /// The same memory with rows and columns exchanged.
  var transposed: Matrix<T> {
    Matrix(base: base, rows: columns, columns: rows, stride: stride, isTransposed: !isTransposed)
  }
}

/// The general matrix product, through OpenBLAS. It runs on the calling thread: threads are this module's own.
enum GEMM {
  private static let keepToOneThread: Void = openblas_set_num_threads(1)

  /// `c = a b`, or `c += a b` when `accumulate`; `c` is not transposed.
  static func multiply<T: FloatingElement>(_ a: Matrix<T>, _ b: Matrix<T>, into c: Matrix<T>, accumulate: Bool) {
    precondition(a.columns == b.rows && a.rows == c.rows && b.columns == c.columns && !c.isTransposed)
    if c.rows == 0 || c.columns == 0 { return }
    _ = keepToOneThread
    let (ta, tb) = (a.isTransposed ? CblasTrans : CblasNoTrans, b.isTransposed ? CblasTrans : CblasNoTrans)
    let (m, n, k) = (Int32(c.rows), Int32(c.columns), Int32(a.columns))
    let (lda, ldb, ldc) = (Int32(max(1, a.stride)), Int32(max(1, b.stride)), Int32(c.stride))
    if T.self == Float.self {
      cblas_sgemm(
        CblasRowMajor, ta, tb, m, n, k, 1, floats(a.base), lda, floats(b.base), ldb, accumulate ? 1 : 0,
        floats(c.base), ldc)
    } else {
      cblas_dgemm(
        CblasRowMajor, ta, tb, m, n, k, 1, doubles(a.base), lda, doubles(b.base), ldb, accumulate ? 1 : 0,
        doubles(c.base), ldc)
    }
  }

  private static func floats<T>(_ p: UnsafeMutablePointer<T>) -> UnsafeMutablePointer<Float> {
    UnsafeMutableRawPointer(p).assumingMemoryBound(to: Float.self)
  }

  private static func doubles<T>(_ p: UnsafeMutablePointer<T>) -> UnsafeMutablePointer<Double> {
    UnsafeMutableRawPointer(p).assumingMemoryBound(to: Double.self)
  }
}

extension Tensor {
  /// The matrix product of `self` `[M, K]` and `other` `[K, N]`, both of one floating type: `[M, N]`.
  ///
  /// Transposed views are used as they are, without a copy. Parallel over rows of the result.
  /// - Throws: `TensorError` where shapes or types don't fit; `Interrupted`.
  public func matrixProduct(_ other: Tensor) throws -> Tensor {
    guard rank == 2, other.rank == 2, shape[1] == other.shape[0] else {
      throw TensorError.shape(
        operation: "matmul", found: "\(shape) and \(other.shape)", expected: "[M, K] and [K, N]")
    }
    guard type.isFloating, type == other.type else {
      throw TensorError.type(
        operation: "matmul", found: type.isFloating ? other.type : type, expected: "two tensors of one floating type")
    }
    try Tensor.checkingMemory([shape[0], other.shape[1]], type)
    let result = Tensor(uninitialized: [shape[0], other.shape[1]], type)
    if type == .float32 {
      try Tensor.multiply(self, other, into: result, Float.self)
    } else {
      try Tensor.multiply(self, other, into: result, Double.self)
    }
    return result
  }

  /// Products of two numbers that are computed between looks at whether the user asked to stop.
  private static let longestProducts = 1 << 31

  private static func multiply<T: FloatingElement>(_ a: Tensor, _ b: Tensor, into c: Tensor, _: T.Type) throws {
    if c.count == 0 { return }
    if a.shape[1] == 0 { return c.fill(0) }
    let (left, right) = (a.blasReady, b.blasReady)
    let (ma, mb) = (left.matrix(T.self), right.matrix(T.self))
    defer { extendLifetime((left.buffer, right.buffer, c.buffer)) }
    let target = c.address(T.self)
    let columns = c.shape[1]
    let size = c.shape[0]
    let work = max(1, columns * a.shape[1])
    // One piece a thread, or more where a piece would keep a user waiting who asked to stop.
    let pieces = max(
      min(Kernel.threads, size / max(8, 1 << 20 / work)), size / max(8, longestProducts / work), 1)
    try Kernel.parallel(pieces) { piece in
      let rows = size * piece / pieces..<size * (piece + 1) / pieces
      var part = ma
      part.rows = rows.count
      part.base += rows.lowerBound * (ma.isTransposed ? 1 : ma.stride)
      GEMM.multiply(
        part, mb,
        into: Matrix(base: target + rows.lowerBound * columns, rows: rows.count, columns: columns, stride: columns),
        accumulate: false)
    }
  }

  /// This matrix, or a copy where neither rows nor columns are contiguous.
  private var blasReady: Tensor {
    let rowWise = strides[1] == 1 && strides[0] >= shape[1]
    let columnWise = strides[0] == 1 && strides[1] >= shape[0]
    return rowWise || columnWise ? self : copy()
  }

  private func matrix<T: FloatingElement>(_: T.Type) -> Matrix<T> {
    strides[1] == 1 && strides[0] >= shape[1]
      ? Matrix(base: address(T.self), rows: shape[0], columns: shape[1], stride: strides[0])
      : Matrix(base: address(T.self), rows: shape[1], columns: shape[0], stride: strides[1]).transposed
  }
}
