import Autograd
import Tensors

extension LuaState {
  /// The methods and operators of tensors.
  func registerTensorMethods() {
    tellSitesToTape()
    register(Variable.self) { methods in
      addInspection(methods)
      addShapes(methods)
      addArithmetic(methods)
      addReductions(methods)
      addChanges(methods)
      addGradients(methods)
      addTensorIndexing(methods)
    }
  }

  private func addInspection(_ methods: LuaMethods<Variable>) {
    methods.addLength { tensor in
      guard let first = tensor.shape.first else {
        throw TensorError.shape(operation: "#", found: "[]", expected: "a tensor with dimensions")
      }
      return first
    }
    methods.addText { TensorText.describe($0) }
    methods.add("shape", help: "() -> list of sizes: {N, C, H, W}") { tensor, _ in tensor.shape }
    methods.add("numel", help: "() -> number of elements") { tensor, _ in tensor.count }
    methods.add("dtype", help: "() -> \"float32\", …") { tensor, _ in tensor.type.rawValue }
    methods.add(
      "to",
      help:
        "(dtype) -> the same shape in another type: \"float32\", \"float64\", \"uint8\", \"int32\", \"int64\"; toward zero and saturating where integers can't hold a value"
    ) {
      $0.converted(to: try $1.argument(1, "dtype"))
    }
    methods.add("item", help: "() -> the only element of [] or [1, …] as a number") { tensor, _ in
      guard tensor.value.count == 1 else {
        throw TensorError.shape(operation: "item", found: "\(tensor.shape)", expected: "a single element")
      }
      return TensorNumbers.number(tensor.value, 0)
    }
    methods.add("totable", help: "() -> nested lists of numbers, a list for each dimension; a number for []") {
      tensor, _ in TensorNumbers.nested(tensor.value)
    }
    methods.add("clone", help: "() -> a copy with memory of its own; gradients flow through it") { tensor, _ in
      Tape.record("clone", tensor.value.copy(), inputs: [tensor]) { [$0] }
    }
    methods.add("detach", help: "() -> the same values without history") { tensor, _ in tensor.detached() }
    methods.add("free", help: "(): frees the memory now; using the tensor after is an error") { _, call in
      call.free(0)
      return nil
    }
  }

  private func addShapes(_ methods: LuaMethods<Variable>) {
    methods.add(
      "reshape",
      help:
        "(sizes…) -> same elements in another shape; one size may be -1: [N, C, H, W] to [N, C · H · W] with (N, -1)"
    ) {
      try $0.reshaped(try $1.rest(from: 1, "sizes"))
    }
    methods.add(
      "permute", help: "(dims…) -> dimensions in another order, a view: [N, C, H, W] to [N, H, W, C] with (1, 3, 4, 2)"
    ) { tensor, call in
      // What wraps around is no dimension either.
      try tensor.permuted(try call.rest(from: 1, "dimensions", as: Int.self).map { $0 &- 1 })
    }
    methods.add("transpose", help: "(a, b) -> two dimensions swapped, a view: [M, K] to [K, M] with (1, 2)") {
      try $0.transposed(try $1.dimension(1, of: $0), try $1.dimension(2, of: $0))
    }
    methods.add(
      "expand", help: "(sizes…) -> repeated along dimensions of size 1, without a copy: [N, 1, W] to [N, H, W]"
    ) {
      try $0.expanded(to: try $1.sizes(from: 1))
    }
    methods.add("squeeze", help: "(dim) -> a dimension of size 1 dropped: [N, 1, H, W] to [N, H, W]") {
      try $0.squeezed(try $1.dimension(1, of: $0))
    }
    methods.add("unsqueeze", help: "(dim) -> a new dimension of size 1 at dim: [C, H, W] to [1, C, H, W]") {
      tensor, call in
      let dimension: Int = try call.argument(1, "dimension")
      let rank = tensor.shape.count + 1
      guard (1...rank).contains(dimension) else { throw call.wrong(1, "dimension", expected: "1 to \(rank)") }
      return try tensor.unsqueezed(dimension - 1)
    }
    methods.add("flip", help: "(dim) -> mirrored along a dimension, the same shape") {
      try $0.flipped(try $1.dimension(1, of: $0))
    }
    methods.add(
      "pad",
      help:
        "({{before, after}, …}, value = 0) -> that many elements more around each dimension: [H, W] to [top + H + bottom, left + W + right]"
    ) {
      tensor, call in
      let amounts: [[Int]] = try call.argument(1, "amounts")
      guard amounts.count == tensor.shape.count,
        amounts.allSatisfy({ $0.count == 2 && (0...1 << 40).contains($0[0]) && (0...1 << 40).contains($0[1]) })
      else {
        throw call.wrong(1, "amounts", expected: "{before, after} for each of \(tensor.shape.count) dimensions")
      }
      return try tensor.padded(amounts.map { ($0[0], $0[1]) }, value: try call.optional(2, "value") ?? 0)
    }
    methods.add(
      "gather", help: "(dim, indices) -> the elements at indices (integers from 1, the result's shape) along dim"
    ) { tensor, call in
      let indices: Variable = try call.argument(2, "indices")
      return try tensor.gathered(try call.dimension(1, of: tensor), indices.value.fromOne(-1))
    }
    methods.add(
      "topk",
      help: "(k, dim = last) -> the k largest along dim, largest first, and their indices from 1: [N, C] to two [N, k]"
    ) { tensor, call in
      let (values, indices) = try tensor.largest(
        try call.argument(1, "k"), call.isNil(2) ? tensor.shape.count - 1 : try call.dimension(2, of: tensor))
      return LuaResults(values, Variable(try indices.fromOne(1)))
    }
    methods.add("one_hot", help: "(n) -> class ids [N, …] as 0 or 1 in [N, n, …]") {
      Variable(try $0.value.oneHot(try $1.argument(1, "n")))
    }
    methods.add(
      "labels", help: "() -> class ids from 0 (int32): the largest over the class dimension of logits [N, K, …]"
    ) {
      tensor, _ in
      guard tensor.shape.count >= 2 else {
        throw TensorError.shape(operation: "labels", found: "\(tensor.shape)", expected: "[N, K, …]")
      }
      return Variable(try tensor.value.extreme(largest: true, 1).indices.converted(to: .int32))
    }
  }

  private func addReductions(_ methods: LuaMethods<Variable>) {
    typealias Reduction = (Variable, Int?, Bool) throws -> Variable
    func add(_ name: String, _ help: String, _ reduce: @escaping Reduction) {
      methods.add(
        name, help: "(dim?, {keep=false}) -> [] or, over dim, [N, …] without it (with keep of size 1): the " + help
      ) { tensor, call in
        // Options may come in the place of the dimension: x:sum{keep = true}.
        let optionsAt = call.ifIs(1, LuaTable.self) == nil ? 2 : 1
        let keep = try call.options(optionsAt, known: ["keep"]).value("keep") ?? false
        return try reduce(tensor, optionsAt == 1 ? nil : try call.optionalDimension(1, of: tensor), keep)
      }
    }
    add("sum", "sum") { try $0.sum($1, keep: $2) }
    add("mean", "mean") { try $0.mean($1, keep: $2) }
    add("std", "standard deviation (divisor n - 1)") { try $0.standardDeviation($1, keep: $2) }
    add("norm", "Euclidean length") { try $0.norm($1, keep: $2) }
    for (name, largest) in [("max", true), ("min", false)] {
      methods.add(
        name,
        help:
          "(dim?, {keep=false}) -> []: the \(largest ? "largest" : "smallest") of all; or, over dim, the shape without it, and the indices from 1"
      ) {
        tensor, call in
        guard let dimension = try call.optionalDimension(1, of: tensor) else {
          return try tensor.extreme(largest: largest)
        }
        let keep = try call.options(2, known: ["keep"]).value("keep") ?? false
        let (values, indices) = try tensor.extreme(largest: largest, dimension, keep: keep)
        return LuaResults(values, Variable(try indices.fromOne(1)))
      }
    }
    methods.add(
      "argmax", help: "(dim) -> int64: the indices of the largest along dim, from 1; [N, K, H, W] to [N, H, W] with 2"
    ) { tensor, call in
      Variable(try tensor.value.extreme(largest: true, call.dimension(1, of: tensor)).indices.fromOne(1))
    }
  }

  private func addGradients(_ methods: LuaMethods<Variable>) {
    methods.add("requires_grad_", help: "(wanted = true) -> the tensor, its gradient wanted from now on") {
      tensor, call in
      try tensor.requireGradient(try call.optional(1, "wanted") ?? true)
      return tensor
    }
    methods.add("backward", help: "(seed?): adds this number's gradients to the tensors that require them") {
      tensor, call in
      try tensor.backward(try call.optional(1, "seed", as: Variable.self)?.value)
      return nil
    }
    methods.add("grad", help: "() -> the gradient accumulated so far, or nil") { tensor, _ in
      tensor.gradient.map { Variable($0) }
    }
    methods.add("zero_grad", help: "(): forgets the gradient") { tensor, _ in
      tensor.gradient = nil
      return nil
    }
  }
}

extension Tensor {
  /// Indices moved between counting from 0 and from 1.
  func fromOne(_ shift: Double) throws -> Tensor {
    try Tensor.combining(.add, converted(to: .int64), Tensor(scalar: shift, .int64))
  }
}
