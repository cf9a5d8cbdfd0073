import Foundation

/// A block of numbers with a shape: a view (offset and strides, counted in elements) on a shared buffer.
///
/// Copies of the struct share the buffer. Shapes follow the field: images and features are `[N, C, H, W]`, row-major.
/// Kernels reach elements through `Tensor.withPointers`, which gives contiguous row-major memory.
public struct Tensor: @unchecked Sendable {
  public private(set) var buffer: Buffer
  public let type: ElementType
  public let shape: [Int]
  public let strides: [Int]
  public let offset: Int

  /// A view on memory that is there already.
  public init(buffer: Buffer, type: ElementType, shape: [Int], strides: [Int], offset: Int) {
    (self.buffer, self.type, self.shape, self.strides, self.offset) = (buffer, type, shape, strides, offset)
  }

  /// Refuses a tensor that this machine's memory could never hold, before memory is taken. For shapes that a user chooses or
  /// that grow from what a user gives; a dry run may ask for more than there is.
  /// - Throws: `TensorError.memory`.
  public static func checkingMemory(_ shape: [Int], _ type: ElementType = .float32) throws {
    if Kernel.isDry { return }
    let bytes = shape.reduce(Double(type.byteCount)) { $0 * Double($1) }
    guard bytes <= Double(ProcessInfo.processInfo.physicalMemory) else {
      throw TensorError.memory(bytes: Int(min(bytes, 0x1p62)), shape: shape)
    }
  }

  /// Contiguous and uninitialised; `shape` has no negative entry.
  public init(uninitialized shape: [Int], _ type: ElementType = .float32) {
    let count = shape.reduce(1, *)
    self.init(
      buffer: Buffer(byteCount: count * type.byteCount), type: type, shape: shape,
      strides: Tensor.rowMajorStrides(shape), offset: 0)
  }

  /// Contiguous zeros.
  public init(zeros shape: [Int], _ type: ElementType = .float32) {
    self.init(uninitialized: shape, type)
    Kernel.run { buffer.bytes.initializeMemory(as: UInt8.self, repeating: 0, count: count * type.byteCount) }
  }

  /// Every element is `value`.
  public init(filling shape: [Int], with value: Double, _ type: ElementType = .float32) {
    self.init(uninitialized: shape, type)
    fill(value)
  }

  /// The given values in row-major order; `values.count` is the product of `shape`.
  public init<T: Element>(_ values: [T], shape: [Int]) {
    precondition(values.count == shape.reduce(1, *), "\(values.count) values for shape \(shape)")
    self.init(uninitialized: shape, T.elementType)
    values.withUnsafeBytes { if let base = $0.baseAddress { buffer.bytes.copyMemory(from: base, byteCount: $0.count) } }
  }

  /// A number as a tensor without dimensions.
  public init(scalar value: Double, _ type: ElementType = .float32) {
    self.init(filling: [], with: value, type)
  }

  /// Number of elements.
  public var count: Int { shape.reduce(1, *) }
  /// Number of dimensions.
  public var rank: Int { shape.count }

  public static func rowMajorStrides(_ shape: [Int]) -> [Int] {
    var strides = [Int](repeating: 1, count: shape.count)
    for d in stride(from: shape.count - 2, through: 0, by: -1) { strides[d] = strides[d + 1] * shape[d + 1] }
    return strides
  }

  /// Whether elements lie in row-major order without gaps.
  public var isContiguous: Bool {
    var expected = 1
    for d in stride(from: rank - 1, through: 0, by: -1) {
      if shape[d] != 1 && strides[d] != expected { return false }
      expected *= shape[d]
    }
    return true
  }

  /// This tensor if its memory is contiguous already, else a contiguous copy.
  public func contiguous() -> Tensor { isContiguous ? self : copy() }

  /// Whether nobody else can see this tensor's memory.
  public var ownsMemory: Bool { mutating get { isKnownUniquelyReferenced(&buffer) } }

  /// A contiguous copy in memory of its own.
  public func copy() -> Tensor {
    let result = Tensor(uninitialized: shape, type)
    result.assign(self)
    return result
  }

  /// The address of the first element. The caller keeps the tensor alive while it is used; prefer `withPointers`.
  func address<T: Element>(_: T.Type) -> UnsafeMutablePointer<T> {
    precondition(T.elementType == type, "a tensor of \(type) read as \(T.elementType)")
    return buffer.bytes.assumingMemoryBound(to: T.self) + offset
  }

  /// The elements in row-major order.
  public func array<T: Element>(of _: T.Type = T.self) -> [T] {
    let source = (type == T.elementType ? self : converted(to: T.elementType)).contiguous()
    return Tensor.withPointers(source, of: T.self) { Array(UnsafeBufferPointer(start: $0, count: source.count)) }
  }

  /// The only element, as a double.
  public var item: Double {
    precondition(count == 1, "item of a tensor with \(count) elements")
    return array(of: Double.self)[0]
  }
}

extension Tensor {
  /// Calls `body` with the address of the tensor's elements; the tensor must be contiguous and lives while `body` runs.
  @inline(__always)
  public static func withPointers<T: Element, R>(
    _ a: Tensor, of _: T.Type, _ body: (UnsafeMutablePointer<T>) throws -> R
  ) rethrows -> R {
    precondition(a.isContiguous)
    defer { extendLifetime(a.buffer) }
    return try body(a.address(T.self))
  }

  @inline(__always)
  public static func withPointers<T: Element, R>(
    _ a: Tensor, _ b: Tensor, of _: T.Type,
    _ body: (UnsafeMutablePointer<T>, UnsafeMutablePointer<T>) throws -> R
  ) rethrows -> R {
    try withPointers(a, of: T.self) { a in try withPointers(b, of: T.self) { try body(a, $0) } }
  }

  @inline(__always)
  public static func withPointers<T: Element, R>(
    _ a: Tensor, _ b: Tensor, _ c: Tensor, of _: T.Type,
    _ body: (UnsafeMutablePointer<T>, UnsafeMutablePointer<T>, UnsafeMutablePointer<T>) throws -> R
  ) rethrows -> R {
    try withPointers(a, b, of: T.self) { a, b in try withPointers(c, of: T.self) { try body(a, b, $0) } }
  }

  @inline(__always)
  public static func withPointers<T: Element, R>(
    _ a: Tensor, _ b: Tensor, _ c: Tensor, _ d: Tensor, of _: T.Type,
    _ body: (
      UnsafeMutablePointer<T>, UnsafeMutablePointer<T>, UnsafeMutablePointer<T>, UnsafeMutablePointer<T>
    ) throws -> R
  ) rethrows -> R {
    try withPointers(a, b, of: T.self) { a, b in try withPointers(c, d, of: T.self) { try body(a, b, $0, $1) } }
  }
}
