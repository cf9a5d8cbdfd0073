import Tensors
import Training

/// Refuses what memory can't hold before it is begun.
enum BenchMemory {
  /// - Throws: `RunError.doesNotFit` if so many bytes can't be had.
  static func require(_ bytes: Double, advice: String) throws {
    // What this process holds already is not in what is available.
    let available = MachineMemory.available + MachineMemory.resident
    guard bytes <= Double(available) else {
      throw RunError.doesNotFit(needed: Int(min(bytes, 0x1p62)), available: available, advice: advice)
    }
  }

  /// The most that tensors take while `body` does its work without computing.
  static func rehearse(_ body: () throws -> Void) rethrows -> Double {
    BufferPool.shared.trim()
    BufferPool.shared.resetPeak()
    Kernel.isDry = true
    defer {
      Kernel.isDry = false
      BufferPool.shared.trim()
    }
    try body()
    return Double(BufferPool.shared.usage.footprint)
  }
}
