import Kernels

/// Arithmetic between rows: vector kernels for `Float` where the processor has them, plain loops for the rest.
enum RowLoops {
  /// `y = (1 − weight) · a + weight · b`.
  static func blend<T: FloatingElement>(
    _ a: UnsafeMutablePointer<T>, _ b: UnsafeMutablePointer<T>, weight: T, into y: UnsafeMutablePointer<T>, _ count: Int
  ) {
    if let kernels = vectorKernels(T.self) {
      return kernels.blend(floats(a), floats(b), weight: Float(weight), into: floats(y), count: count)
    }
    for i in 0..<count { y[i] = a[i] * (1 - weight) + b[i] * weight }
  }

  /// `y += factor · x`.
  static func add<T: FloatingElement>(
    _ x: UnsafeMutablePointer<T>, times factor: T, to y: UnsafeMutablePointer<T>, _ count: Int
  ) {
    if let kernels = vectorKernels(T.self) {
      return kernels.add(floats(x), times: Float(factor), to: floats(y), count: count)
    }
    for i in 0..<count { y[i] += factor * x[i] }
  }
}

/// The vector kernels for elements of a type: there are some for `Float` where the processor has them.
@inline(__always) func vectorKernels<T>(_: T.Type) -> (any VectorKernels.Type)? {
  T.self == Float.self ? Processor.kernels : nil
}

/// Elements that are known to be floats.
@inline(__always) func floats<T>(_ p: UnsafeMutablePointer<T>) -> MutableFloats {
  UnsafeMutableRawPointer(p).assumingMemoryBound(to: Float.self)
}
