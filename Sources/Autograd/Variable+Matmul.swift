import Tensors

extension Variable {
  /// The matrix product, as NumPy's `@`: `[M, K] · [K, N]`; vectors lend themselves a dimension; leading dimensions are
  /// batches, which broadcast.
  public func matmul(_ other: Variable) throws -> Variable {
    guard !shape.isEmpty, !other.shape.isEmpty else {
      throw TensorError.shape(
        operation: "matmul", found: "\(shape) and \(other.shape)", expected: "vectors or matrices")
    }
    let common = Tensor.commonType(type, other.type)
    let (a, b) = (converted(to: common), other.converted(to: common))
    if a.shape.count == 1 { return try a.unsqueezed(0).matmul(b).droppingDimension(b.shape.count == 1 ? 0 : -2) }
    if b.shape.count == 1 { return try a.matmul(b.unsqueezed(1)).droppingDimension(-1) }
    if a.shape.count == 2 && b.shape.count == 2 { return try a.product(b) }
    let batches = try Tensor.broadcastShape(a.shape.dropLast(2), b.shape.dropLast(2), "matmul")
    let left = try a.expanded(to: batches + a.shape.suffix(2)).reshaped([-1] + a.shape.suffix(2))
    let right = try b.expanded(to: batches + b.shape.suffix(2)).reshaped([-1] + b.shape.suffix(2))
    let products = try (0..<left.shape[0]).map { try left.selected(0, index: $0).product(right.selected(0, index: $0)) }
    let size = [a.shape[a.shape.count - 2], b.shape[b.shape.count - 1]]
    if products.isEmpty { return Variable(Tensor(zeros: batches + size, common)) }
    return try Variable.stacked(products, 0).reshaped(batches + size)
  }

  /// The product of two matrices of one type.
  private func product(_ other: Variable) throws -> Variable {
    let (a, b) = (value, other.value)
    let (wantsLeft, wantsRight) = (requiresGradient, other.requiresGradient)
    return Tape.record("matmul", try a.matrixProduct(b), inputs: [self, other]) { gradient in
      [
        wantsLeft ? try gradient.matrixProduct(b.transposed(0, 1)) : nil,
        wantsRight ? try a.transposed(0, 1).matrixProduct(gradient) : nil,
      ]
    }
  }

  private func droppingDimension(_ dimension: Int) throws -> Variable {
    try squeezed(dimension < 0 ? dimension + shape.count : dimension)
  }
}
