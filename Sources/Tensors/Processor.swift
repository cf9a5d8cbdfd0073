import CProcessor
import Foundation
import Kernels
import KernelsNarrow
import KernelsWide

/// What this machine's processor can do, and which kernels are used on it.
public enum Processor {
  /// The vector kernels for this processor; nil where it is too old for any, and matrix products go through OpenBLAS.
  ///
  /// `TEL_KERNELS=narrow` or `plain` in the environment asks for less than there is, to compare or to find a fault.
  public static let kernels: (any VectorKernels.Type)? = choose(
    level: processor_level(), wish: ProcessInfo.processInfo.environment["TEL_KERNELS"])

  static func choose(level: ProcessorLevel, wish: String?) -> (any VectorKernels.Type)? {
    if wish == "plain" || level == PROCESSOR_PLAIN { return nil }
    return level == PROCESSOR_WIDE && wish != "narrow" ? KernelsWide.Library.self : KernelsNarrow.Library.self
  }

  /// Bytes of a core's second-level cache; 1 MB where the system doesn't say.
  static let cacheBytes: Int = {
    #if os(Linux)
      let bytes = sysconf(Int32(_SC_LEVEL2_CACHE_SIZE))
      if bytes > 0 { return bytes }
    #endif
    return 1 << 20
  }()

  /// The instruction set in use, for people.
  public static var description: String {
    guard let kernels else { return "plain: no AVX2, the slow path through OpenBLAS" }
    return "vectors of \(kernels.lanes) floats"
  }
}
