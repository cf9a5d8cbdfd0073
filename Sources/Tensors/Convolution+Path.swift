import Foundation
import Kernels
import Synchronization

extension Convolution {
  /// How products are computed.
  public enum Algorithm: Int, Sendable, AtomicRepresentable {
    /// The fastest for each shape: Winograd's algorithm for 3×3 with stride 1.
    case fastest
    /// Always the definition's sums.
    case direct
    /// The definition's sums as matrix products of OpenBLAS: what processors without vector kernels use.
    case reference
  }

  /// `TEL_CONVOLUTION=direct` or `reference` in the environment asks for another path than the fastest.
  private static let chosen = Atomic<Algorithm>(wish(ProcessInfo.processInfo.environment["TEL_CONVOLUTION"]))

  private static func wish(_ name: String?) -> Algorithm {
    switch name {
    case "direct": .direct
    case "reference": .reference
    default: .fastest
    }
  }

  /// How convolutions are computed from now on; for comparisons.
  public static var algorithm: Algorithm {
    get { chosen.load(ordering: .relaxed) }
    set { chosen.store(newValue, ordering: .relaxed) }
  }

  enum Path {
    case winograd(any VectorKernels.Type, dilation: Int)
    case direct(any VectorKernels.Type)
    case reference
  }

  func path(for type: ElementType) -> Path {
    guard type == .float32, let kernels = Processor.kernels, Convolution.algorithm != .reference else {
      return .reference
    }
    if Convolution.algorithm == .fastest, let dilation = winogradDilation {
      return .winograd(kernels, dilation: dilation)
    }
    return .direct(kernels)
  }
}
