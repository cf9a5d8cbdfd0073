import Tensors

/// Operations on maps `[N, C, H, W]`.
extension Variable {
  /// The maps at another size; see `ResizeMode`.
  public func resized(height: Int, width: Int, _ mode: ResizeMode) throws -> Variable {
    let output = try value.resized(height: height, width: width, mode)
    let (rows, columns) = (shape[shape.count - 2], shape[shape.count - 1])
    return Tape.record("resize", output, inputs: [self]) { gradient in
      [try Tensor.resizeGradient(gradient, height: rows, width: columns, mode)]
    }
  }

  /// The largest value in each window.
  public func maxPooled(_ pooling: Pooling) throws -> Variable {
    let (output, indices) = try value.maxPooled(pooling)
    let (rows, columns) = (shape[2], shape[3])
    return Tape.record("max_pool", output, inputs: [self]) { gradient in
      [try Tensor.maxPoolGradient(gradient, indices: indices, height: rows, width: columns)]
    }
  }

  /// The mean of each window; padding counts as zeros.
  public func averagePooled(_ pooling: Pooling) throws -> Variable {
    let output = try value.averagePooled(pooling)
    let (rows, columns) = (shape[2], shape[3])
    return Tape.record("average_pool", output, inputs: [self]) { gradient in
      [try Tensor.averagePoolGradient(gradient, pooling, height: rows, width: columns)]
    }
  }

  /// The mean of each whole map: `[N, C, 1, 1]`.
  public func globalAveragePooled() throws -> Variable {
    guard shape.count == 4 else {
      throw TensorError.shape(operation: "global_average_pool", found: "\(shape)", expected: "[N, C, H, W]")
    }
    return try averagePooled(Pooling(kernel: [shape[2], shape[3]]))
  }

  /// Several maps after each other along the channels.
  public static func concatenatedChannels(_ maps: [Variable]) throws -> Variable { try concatenated(maps, 1) }

  /// The sum of maps of one shape, in order; with a ReLU after it if asked.
  public static func sum(_ terms: [Variable], relu: Bool = false) throws -> Variable {
    let output = try Tensor.sum(terms.map(\.value), relu: relu)
    let count = terms.count
    guard relu else {
      return Tape.record("add", output, inputs: terms) { [Tensor?](repeating: $0, count: count) }
    }
    let isRecorded = Tape.isRecording && terms.contains(where: \.requiresGradient)
    let kept = Activation(try SavedTensor(output, mayRound: isRecorded))
    return Tape.record("add + relu", kept, held: .value(output), inputs: terms) { gradient in
      [Tensor?](repeating: try gradient.masked(where: try kept.value()), count: count)
    }
  }

  /// The elements, or whole channels, dropped that `dropout` says, and the rest scaled up.
  public func dropped(_ dropout: Dropout) throws -> Variable {
    let (output, input) = (try dropout.apply(to: value), try activation())
    let again = Activation(of: output) { try dropout.apply(to: try input.value()) }
    return Tape.record("dropout", again, held: .value(output), inputs: [self]) { [try dropout.apply(to: $0)] }
  }
}
