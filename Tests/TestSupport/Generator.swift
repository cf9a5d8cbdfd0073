import Tensors

/// The rule by which the weights and inputs of the reference files are made from their names (Tests/Golden: nothing but the
/// names is stored).
public enum Generator {
  /// The 24 random bits of each element.
  public static func bits(_ key: String, count: Int) -> [Int] {
    let seed = RandomStream.hash(key)
    return (0..<count).map { Int(RandomStream.mix(seed &+ UInt64($0)) >> 40) }
  }

  /// An input in [low, high).
  public static func uniform(_ key: String, _ shape: [Int], _ low: Double, _ high: Double) -> Tensor {
    let result = Tensor(uninitialized: shape)
    fill(result, key) { low + (high - low) * $0 }
    return result
  }

  /// Class ids, with -1 for unlabelled and -2 for padding.
  public static func labels(_ key: String, _ shape: [Int], classes: Int) -> Tensor {
    let values = bits(key, count: shape.reduce(1, *)).map { r in
      let t = r & 7
      return Int32(t < 4 ? -1 : t == 4 ? -2 : (r >> 3) % classes)
    }
    return Tensor(values, shape: shape)
  }

  /// The value of a state-dict entry.
  public static func entry(_ key: String, _ shape: [Int], gain: Double) -> Tensor {
    if key.hasSuffix("num_batches_tracked") { return Tensor(zeros: shape, .int64) }
    let result = Tensor(uninitialized: shape)
    fill(result, key, rule(key, shape, gain))
    return result
  }

  private static func rule(_ key: String, _ shape: [Int], _ gain: Double) -> (Double) -> Double {
    if key.hasSuffix("running_mean") || key.hasSuffix(".bias") { return { (2 * $0 - 1) * 0.1 } }
    if key.hasSuffix("running_var") { return { 0.5 + $0 } }
    if shape.count == 1 {
      let endsResidual =
        key.hasSuffix(".bn3.weight") || (key.contains(".branches.") && key.hasSuffix(".bn2.weight"))
      return endsResidual ? { (0.5 + $0) * 0.2 } : { 0.5 + $0 }
    }
    let scale = gain * (3.0 / Double(shape.dropFirst().reduce(1, *))).squareRoot()
    return { (2 * $0 - 1) * scale }
  }

  private static func fill(_ tensor: Tensor, _ key: String, _ rule: (Double) -> Double) {
    let seed = RandomStream.hash(key)
    Tensor.withPointers(tensor, of: Float.self) { values in
      for i in 0..<tensor.count {
        values[i] = Float(rule(Double(RandomStream.mix(seed &+ UInt64(i)) >> 40) * 0x1p-24))
      }
    }
  }
}
