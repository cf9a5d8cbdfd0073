import Tensors

/// Whether all numbers of a tensor are finite.
enum Finiteness {
  static func holds(_ tensor: Tensor) throws -> Bool {
    guard tensor.type.isFloating else { return true }
    let values = tensor.contiguous()
    switch values.type {
    case .float64: return try holds(values, Double.self)
    default: return try holds(values, Float.self)
    }
  }

  private static func holds<T: FloatingElement>(_ values: Tensor, _: T.Type) throws -> Bool {
    let chunks = UpdateChunk.covering([values.count])
    let bad = Tensor(zeros: [chunks.count], .uint8)
    try Tensor.withPointers(values, of: T.self) { values in
      try Tensor.withPointers(bad, of: UInt8.self) { bad in
        let (values, bad) = (SharedPointer(values), SharedPointer(bad))
        try Kernel.parallel(chunks.count) { piece in
          // A product with zero is zero for every finite number and NaN for others.
          var sum: T = 0
          for i in chunks[piece].range { sum += values.pointer[i] * 0 }
          bad.pointer[piece] = sum == 0 ? 0 : 1
        }
      }
    }
    return !bad.array(of: UInt8.self).contains(1)
  }
}
