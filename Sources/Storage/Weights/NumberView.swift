import Tensors

/// Numbers in a file with a shape: where the first one lies and how far its neighbours are, counted in numbers.
struct NumberView: Sendable {
  let format: NumberFormat
  let shape: [Int]
  let strides: [Int]
  /// Of the first number, within the numbers that the view is on.
  let offset: Int
  /// Numbers in the view.
  let count: Int

  /// Nil unless every number of the view is one of the `available` ones.
  init?(_ format: NumberFormat, shape: [Int], strides: [Int], offset: Int, available: Int) {
    guard let count = Self.count(shape), strides.count == shape.count, offset >= 0, strides.allSatisfy({ $0 >= 0 })
    else { return nil }
    if count > 0 {
      var last = offset
      for (size, stride) in zip(shape, strides) {
        let (step, tooFar) = (size - 1).multipliedReportingOverflow(by: stride)
        let (sum, tooLarge) = last.addingReportingOverflow(step)
        if tooFar || tooLarge { return nil }
        last = sum
      }
      if last >= available { return nil }
    }
    (self.format, self.shape, self.strides, self.offset, self.count) = (format, shape, strides, offset, count)
  }

  /// How many numbers a shape has; nil for negative sizes, more dimensions than anybody uses, and products, also of a part
  /// of the sizes, that would overflow as bytes.
  static func count(_ shape: [Int]) -> Int? {
    guard shape.count <= 64 else { return nil }
    var (product, hasZero) = (16, false)
    for size in shape {
      guard size >= 0 else { return nil }
      if size == 0 { hasZero = true }
      let (next, overflow) = product.multipliedReportingOverflow(by: max(1, size))
      if overflow { return nil }
      product = next
    }
    return hasZero ? 0 : product / 16
  }

  /// Bytes of the tensor that reading gives.
  var tensorBytes: Int { count * format.elementType.byteCount }

  /// Whether the numbers lie in row-major order without gaps.
  private var isContiguous: Bool {
    var expected = 1
    for (size, stride) in zip(shape, strides).reversed() {
      if size != 1 && stride != expected { return false }
      expected *= max(1, size)
    }
    return true
  }

  /// Copies the numbers into a contiguous tensor.
  /// - Parameter base: where the numbers that the view is on begin in the file.
  func load(from file: FileBytes, at base: Int) throws -> Tensor {
    try Tensor.checkingMemory(shape, format.elementType)
    let tensor = Tensor(uninitialized: shape, format.elementType)
    if count == 0 { return tensor }
    switch format {
    case .float32: copy(Float.self, file, base, tensor)
    case .float64: copy(Double.self, file, base, tensor)
    case .float16: copy(StoredHalf.self, file, base, tensor)
    case .bfloat16: copy(StoredBrain.self, file, base, tensor)
    case .int64: copy(Int64.self, file, base, tensor)
    case .int32: copy(Int32.self, file, base, tensor)
    case .int16: copy(Int16.self, file, base, tensor)
    case .int8: copy(Int8.self, file, base, tensor)
    case .uint8: copy(UInt8.self, file, base, tensor)
    case .bool: copy(StoredTruth.self, file, base, tensor)
    }
    return tensor
  }

  private func copy<N: StoredNumber>(_: N.Type, _ file: FileBytes, _ base: Int, _ tensor: Tensor) {
    let width = MemoryLayout<N>.size
    @inline(__always) func number(_ source: UnsafeRawPointer, _ index: Int) -> N {
      source.loadUnaligned(fromByteOffset: index * width, as: N.self)
    }
    Tensor.withPointers(tensor, of: N.Value.self) { target in
      if isContiguous {
        // In stretches, so that only one of them is in memory twice.
        let stretch = ZipArchive.stretch / width
        for start in stride(from: 0, to: count, by: stretch) {
          let length = min(stretch, count - start)
          let from = base + (offset + start) * width
          file.withBytes { bytes in
            let source = bytes.baseAddress! + from
            if N.self == N.Value.self {
              UnsafeMutableRawPointer(target + start).copyMemory(from: source, byteCount: length * width)
            } else {
              for i in 0..<length { target[start + i] = number(source, i).value }
            }
          }
          if count > stretch { file.letGo(of: from..<from + length * width) }
        }
      } else {
        file.withBytes { bytes in
          let source = bytes.baseAddress! + base
          forEachRow { position, first in
            let step = strides[strides.count - 1]
            for i in 0..<shape[shape.count - 1] {
              target[position + i] = number(source, first + i * step).value
            }
          }
        }
      }
    }
  }

  /// Calls `body` for each run along the last dimension, with its place in the tensor and its first number's in the file.
  private func forEachRow(_ body: (_ position: Int, _ first: Int) -> Void) {
    // The stride of a dimension with a single place is never walked, and can be any number.
    let steps = zip(shape, strides).map { $0 > 1 ? $1 : 0 }
    var index = [Int](repeating: 0, count: shape.count - 1)
    var (position, first) = (0, offset)
    while position < count {
      body(position, first)
      position += shape[shape.count - 1]
      for d in stride(from: index.count - 1, through: 0, by: -1) {
        index[d] += 1
        first += steps[d]
        if index[d] < shape[d] { break }
        first -= steps[d] * shape[d]
        index[d] = 0
      }
    }
  }
}
