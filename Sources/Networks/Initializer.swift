import Foundation
import Tensors

/// How a parameter starts.
public enum Initializer: Sendable, Equatable {
  case constant(Double)
  /// Uniform in ±bound.
  case uniform(bound: Double)
  /// Normal with mean 0.
  case normal(deviation: Double)

  /// PyTorch's default for convolutions and linear layers, weight and bias alike: uniform in ±1/√fan-in.
  public static func standard(fanIn: Int) -> Initializer { .uniform(bound: 1 / Double(fanIn).squareRoot()) }

  /// Elements `range` of a parameter: element i is a function of the stream's state and i alone.
  func fill<T: FloatingElement>(_ values: UnsafeMutablePointer<T>, _ range: Range<Int>, state: UInt64) {
    /// The stream's draw number `index`, in [0, 1).
    func draw(_ index: Int) -> Double {
      var random = RandomStream(state: state &+ UInt64(truncatingIfNeeded: index) &* 0x9E37_79B9_7F4A_7C15)
      return random.uniform()
    }
    switch self {
    case .constant(let value):
      for i in range { values[i] = T(nearest: value) }
    case .uniform(let bound):
      for i in range { values[i] = T(nearest: (2 * draw(i) - 1) * bound) }
    case .normal(let deviation):
      for i in range {
        let radius = (-2 * Foundation.log(1 - draw(2 * i))).squareRoot()
        values[i] = T(nearest: deviation * radius * Foundation.cos(2 * .pi * draw(2 * i + 1)))
      }
    }
  }
}

extension Module {
  /// Gives every parameter its starting value: a function of `seed` and the parameter's name, on all threads.
  /// - Parameter path: where in its network this module is, which the names then begin with.
  public func initialize(seed: UInt64, path: String = "") throws {
    let chunk = 1 << 18
    var pieces: [(initializer: Initializer, tensor: Tensor, range: Range<Int>, state: UInt64)] = []
    for (name, parameter) in namedParameters() {
      let state = RandomStream(seed: seed, purpose: "weights/" + Module.join(path, name)).state
      let tensor = parameter.variable.value
      for start in stride(from: 0, to: tensor.count, by: chunk) {
        pieces.append((parameter.initializer, tensor, start..<min(start + chunk, tensor.count), state))
      }
    }
    try Kernel.parallel(pieces.count) { index in
      let piece = pieces[index]
      if piece.tensor.type == .float32 {
        Tensor.withPointers(piece.tensor, of: Float.self) {
          piece.initializer.fill($0, piece.range, state: piece.state)
        }
      } else {
        Tensor.withPointers(piece.tensor, of: Double.self) {
          piece.initializer.fill($0, piece.range, state: piece.state)
        }
      }
    }
  }
}
