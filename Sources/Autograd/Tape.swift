import Tensors

/// One recorded operation: where its inputs came from, and how a gradient of its result becomes gradients of those inputs.
///
/// It keeps no values itself: only what `backward` captures stays in memory.
final class Operation {
  /// From the gradient of the result, which may be used up, the gradient of each input in order; nil where none is wanted.
  typealias Backward = (inout Tensor) throws -> [Tensor?]

  /// Where an input's gradient goes: to the operation that made it, to a leaf, or nowhere.
  struct Input {
    let operation: Operation?
    let leaf: Variable?
    let shape: [Int]

    init(_ variable: Variable) {
      operation = variable.operation
      leaf = variable.operation == nil && variable.requiresGradient ? variable : nil
      shape = variable.shape
    }
  }

  /// A buffer that must not change while the operation is recorded, if anybody still holds it.
  private struct Mark {
    weak var buffer: Buffer?
  }

  let name: String
  /// Grows with every recording, so a higher number never feeds a lower one.
  let order: Int
  private(set) var inputs: [Input]
  private(set) var backward: Backward?
  /// Of an operation whose result is a part of its only input: that part of a tensor like the input, sharing its memory.
  var part: ((Tensor) throws -> Tensor)?
  private var marks: [Mark] = []
  /// Its result, if that can be made again and anybody may still ask for it.
  private weak var output: Activation?

  init(_ name: String, order: Int, inputs: [Variable], output: Output, backward: @escaping Backward) {
    (self.name, self.order, self.inputs, self.backward) = (name, order, inputs.map(Input.init), backward)
    let site = Tape.currentSite?()
    var buffers = inputs.compactMap { $0.present?.buffer }
    switch output {
    case .tensor(let tensor):
      self.output = nil
      buffers.append(tensor.buffer)
    case .activation(let activation):
      self.output = activation
      activation.mark(site)
    }
    for buffer in buffers {
      buffer.recordings += 1
      buffer.recordedAt = site
      marks.append(Mark(buffer: buffer))
    }
  }

  /// A result that is there, or one that can be made again.
  enum Output {
    case tensor(Tensor)
    case activation(Activation)
  }

  /// Gives up what was saved, so that memory is free as soon as the gradient has passed.
  func release() {
    for mark in marks { mark.buffer?.recordings -= 1 }
    output?.release()
    (marks, inputs, backward, part) = ([], [], nil, nil)
  }

  deinit {
    for mark in marks { mark.buffer?.recordings -= 1 }
    if backward != nil { output?.release() }
    // A long chain of operations would otherwise be let go of recursively and overflow the stack.
    backward = nil
    Tape.unchain(&inputs)
  }
}

/// The record of operations on variables that require gradients.
public enum Tape {
  @TaskLocal private static var recording = true
  /// How operations that are recorded keep what they need for the way back.
  @TaskLocal public static var storage = ActivationStorage.float32
  nonisolated(unsafe) private static var count = 0
  /// Says where in the user's script an operation was called, for errors; set by the script host.
  nonisolated(unsafe) public static var currentSite: (() -> String?)?

  /// Whether operations are recorded now.
  public static var isRecording: Bool { recording }

  /// Runs `body` without recording anything.
  public static func withoutRecording<R>(_ body: () throws -> R) rethrows -> R {
    try $recording.withValue(false, operation: body)
  }

  /// The result of an operation as a variable; recorded if any input requires gradients.
  /// - Parameter backward: from the gradient of the result, which it may use up, the gradient of each input in order; nil where
  ///   none is wanted.
  public static func record(
    _ name: String, _ output: Tensor, inputs: [Variable], backward: @escaping (inout Tensor) throws -> [Tensor?]
  ) -> Variable {
    if Profile.isOn { Profile.note(name, inputs: inputs.map(\.shape), output: output.shape) }
    guard isRecording, inputs.contains(where: \.requiresGradient) else { return Variable(output) }
    count += 1
    return Variable(
      output, operation: Operation(name, order: count, inputs: inputs, output: .tensor(output), backward: backward))
  }

  /// The same for a result that is a part of its input.
  /// - Parameter part: that part of any tensor of the input's shape, sharing its memory.
  static func record(_ name: String, partOf whole: Variable, _ part: @escaping (Tensor) throws -> Tensor) throws
    -> Variable
  {
    let shape = whole.shape
    let result = record(name, try part(whole.value), inputs: [whole]) { gradient in
      let whole = Tensor(zeros: shape, gradient.type)
      try part(whole).assign(gradient)
      return [whole]
    }
    result.operation?.part = part
    return result
  }

  /// The same for a result that can be made again.
  static func record(
    _ name: String, _ output: Activation, held: Variable.Held, inputs: [Variable],
    backward: @escaping Operation.Backward
  ) -> Variable {
    if Profile.isOn { Profile.note(name, inputs: inputs.map(\.shape), output: output.shape) }
    guard isRecording, inputs.contains(where: \.requiresGradient) else {
      return Variable(output, held: held, operation: nil)
    }
    count += 1
    let operation = Operation(name, order: count, inputs: inputs, output: .activation(output), backward: backward)
    return Variable(output, held: held, operation: operation)
  }

  static func backward(from root: Variable, seed: Tensor, complete: ((Variable) throws -> Void)?) throws {
    guard let start = root.operation else {
      try accumulate(seed, into: root)
      return try complete?(root) ?? ()
    }
    var awaited = complete == nil ? [:] : leafUses(from: start)
    var pending: [ObjectIdentifier: Tensor] = [ObjectIdentifier(start): seed]
    var queue = OperationQueue()
    queue.insert(start)
    while let operation = queue.popLatest() {
      try Interruption.check()
      guard var gradient = pending.removeValue(forKey: ObjectIdentifier(operation)) else { continue }
      guard let backward = operation.backward else {
        throw TensorError.argument(
          operation: "backward", name: "record", found: "given up by an earlier backward",
          expected: "a fresh forward pass")
      }
      // A part's gradient goes straight into the whole's, if some of that is there: a batch is cut into as many parts as it has
      // groups, and a whole gradient for each would be most of a step's memory.
      let whole = operation.part == nil ? nil : operation.inputs.first?.operation.map(ObjectIdentifier.init)
      var sum = whole.flatMap { pending.removeValue(forKey: $0) }
      let gradients: [Tensor?] = try Profile.backward(
        operation.name, inputs: Profile.isOn ? operation.inputs.map(\.shape) : [], output: gradient.shape
      ) {
        try withoutRecording {
          guard let part = operation.part, sum != nil else { return try backward(&gradient) }
          try add(gradient, to: &sum!, at: part)
          return []
        }
      }
      if let whole, let sum { pending[whole] = sum }
      for (input, gradient) in zip(operation.inputs, gradients) {
        defer { if let leaf = input.leaf { awaited[ObjectIdentifier(leaf), default: 0] -= 1 } }
        guard let gradient else { continue }
        precondition(gradient.shape == input.shape, "\(operation.name): gradient \(gradient.shape) for \(input.shape)")
        if let earlier = input.operation {
          let key = ObjectIdentifier(earlier)
          if var sum = pending.removeValue(forKey: key) {
            pending[key] = sum.ownsMemory ? try sum.accumulate(gradient) : try sum.adding(gradient)
          } else {
            pending[key] = gradient
            queue.insert(earlier)
          }
        } else if let leaf = input.leaf {
          try accumulate(gradient, into: leaf)
        }
      }
      let leaves = complete == nil ? [] : operation.inputs.compactMap(\.leaf)
      operation.release()
      for leaf in leaves where awaited[ObjectIdentifier(leaf)] == 0 && leaf.gradient != nil { try complete?(leaf) }
    }
  }

  /// How often each leaf is an input of the operations that `start` depends on.
  private static func leafUses(from start: Operation) -> [ObjectIdentifier: Int] {
    var uses: [ObjectIdentifier: Int] = [:]
    var seen: Set<ObjectIdentifier> = [ObjectIdentifier(start)]
    var stack = [start]
    while let operation = stack.popLast() {
      for input in operation.inputs {
        if let leaf = input.leaf { uses[ObjectIdentifier(leaf), default: 0] += 1 }
        if let earlier = input.operation, seen.insert(ObjectIdentifier(earlier)).inserted { stack.append(earlier) }
      }
    }
    return uses
  }

  /// Adds a gradient to a part of a sum, which gets memory of its own if it has none.
  private static func add(_ gradient: Tensor, to sum: inout Tensor, at part: (Tensor) throws -> Tensor) throws {
    // In an expanded tensor, neighbours are one and the same number.
    if !sum.ownsMemory || !sum.isContiguous { sum = sum.copy() }
    let place = try part(sum)
    place.assign(try place.adding(gradient))
  }

  private static func accumulate(_ gradient: Tensor, into leaf: Variable) throws {
    if let sum = leaf.gradient {
      leaf.gradient = try sum.adding(gradient)
    } else {
      leaf.gradient = gradient
    }
  }

  /// Lets go of a chain of operations one after the other instead of recursively.
  static func unchain(_ inputs: inout [Operation.Input]) {
    var stack = inputs.compactMap(\.operation)
    inputs = []
    while var operation = stack.popLast() {
      guard isKnownUniquelyReferenced(&operation) else { continue }
      stack += operation.inputs.compactMap(\.operation)
      operation.release()
    }
  }
}

/// Operations waiting for their gradient, latest first (a binary heap; each operation once).
private struct OperationQueue {
  private var heap: [Operation] = []

  mutating func insert(_ operation: Operation) {
    heap.append(operation)
    var child = heap.count - 1
    while child > 0, heap[(child - 1) / 2].order < heap[child].order {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  mutating func popLatest() -> Operation? {
    guard let top = heap.first else { return nil }
    let last = heap.removeLast()
    if heap.isEmpty { return top }
    heap[0] = last
    var parent = 0
    while true {
      var largest = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child].order > heap[largest].order
      {
        largest = child
      }
      if largest == parent { return top }
      heap.swapAt(parent, largest)
      parent = largest
    }
  }
}
