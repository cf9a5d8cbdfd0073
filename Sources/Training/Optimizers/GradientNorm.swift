import Autograd
import Tensors

/// The size of a gradient as a whole, for clipping and for the log.
public enum GradientNorm {
  /// The Euclidean norm over the gradients of all parameters, summed in double in a fixed order.
  public static func total(_ parameters: [NamedParameter]) throws -> Double {
    let gradients = try parameters.compactMap { try $0.checkedGradient() }
    let chunks = UpdateChunk.covering(gradients.map(\.count))
    let sums = Tensor(zeros: [chunks.count], .float64)
    try Tensor.withPointers(sums, of: Double.self) { sums in
      let sums = SharedPointer(sums)
      try Kernel.parallel(chunks.count) { piece in
        let chunk = chunks[piece]
        sums.pointer[piece] = Tensor.withPointers(gradients[chunk.parameter], of: Float.self) { gradient in
          chunk.range.reduce(0.0) { $0 + Double(gradient[$1]) * Double(gradient[$1]) }
        }
      }
    }
    return sums.array(of: Double.self).reduce(0, +).squareRoot()
  }

  /// The factor that brings a gradient of norm `norm` down to `limit`, or 1 (PyTorch's rule, with its 1e-6).
  public static func scale(norm: Double, limit: Double) -> Double { min(1, limit / (norm + 1e-6)) }
}

/// An address that pieces of work share; they write to different places behind it.
struct SharedPointer<T>: @unchecked Sendable {
  let pointer: UnsafeMutablePointer<T>
  init(_ pointer: UnsafeMutablePointer<T>) { self.pointer = pointer }
}
