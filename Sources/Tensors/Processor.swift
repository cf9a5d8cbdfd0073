import CProcessor
import Foundation
import Kernels
import KernelsNarrow
import KernelsWide
import Synchronization

/// What this machine's processor can do, and which kernels are used on it.
public enum Processor {
  /// The vector kernels for this processor; nil where it is too old for any, and matrix products go through OpenBLAS.
  ///
  /// `TEL_KERNELS=narrow` or `plain` in the environment asks for less than there is, to compare or to find a fault.
  public static var kernels: (any VectorKernels.Type)? {
    switch chosen.load(ordering: .relaxed) {
    case 0: nil
    case 1: KernelsNarrow.Library.self
    default: KernelsWide.Library.self
    }
  }

  private static let chosen = Atomic<Int>(
    choose(level: processor_level(), wish: ProcessInfo.processInfo.environment["TEL_KERNELS"]))

  /// Takes the kernels of another instruction set from now on, if the processor has it: for tests.
  package static func use(_ wish: String?) {
    chosen.store(choose(level: processor_level(), wish: wish), ordering: .relaxed)
  }

  private static func choose(level: ProcessorLevel, wish: String?) -> Int {
    if wish == "plain" || level == PROCESSOR_PLAIN { return 0 }
    return level == PROCESSOR_WIDE && wish != "narrow" ? 2 : 1
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
