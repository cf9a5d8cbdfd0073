import Kernels

extension Library {
  @inline(never)
  public static func exponentialSums(
    _ x: Floats, plane: Int, classes: Int, count: Int, tops: MutableFloats, sums: MutableFloats
  ) {
    let n = Vector.scalarCount
    var i = 0
    while i < count {
      let some = count &- i < n ? count &- i : n
      var top = load(x + i, some)
      for k in 1..<(classes > 1 ? classes : 1) {
        let logit = load(x + (k &* plane &+ i), some)
        top = top.replacing(with: logit, where: logit .> top)
      }
      var sum = Vector(repeating: 0)
      for k in 0..<classes { sum += (load(x + (k &* plane &+ i), some) - top).exponential }
      store(top, tops + i, some)
      store(sum, sums + i, some)
      i &+= n
    }
  }

  @inline(never)
  public static func softmax(
    _ x: Floats, plane: Int, classes: Int, count: Int, logSums: Floats, factors: Floats, into dx: MutableFloats
  ) {
    let n = Vector.scalarCount
    var i = 0
    while i < count {
      let some = count &- i < n ? count &- i : n
      let (logSum, factor) = (load(logSums + i, some), load(factors + i, some))
      let none = factor .== Vector(repeating: 0)
      for k in 0..<classes {
        let value = factor * (load(x + (k &* plane &+ i), some) - logSum).exponential
        store(value.replacing(with: Vector(repeating: 0), where: none), dx + (k &* plane &+ i), some)
      }
      i &+= n
    }
  }

  /// A register of which only the first `count` floats are there.
  @inline(__always) private static func load(_ address: Floats, _ count: Int) -> Vector {
    if count == Vector.scalarCount { return Vector(address) }
    var vector = Vector(repeating: 0)
    for lane in 0..<count { vector[lane] = address[lane] }
    return vector
  }

  @inline(__always) private static func store(_ vector: Vector, _ address: MutableFloats, _ count: Int) {
    if count == Vector.scalarCount { return vector.store(address) }
    for lane in 0..<count { address[lane] = vector[lane] }
  }
}
