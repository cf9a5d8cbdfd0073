import Kernels

extension Library {
  /// Elements that are summed in single precision before they go into the total.
  @inline(__always) private static var block: Int { 64 &* Vector.scalarCount }

  @inline(never) public static func sum(_ x: Floats, count: Int) -> Double {
    var total = 0.0
    var start = 0
    while start < count {
      let end = start &+ block < count ? start &+ block : count
      var (a, b) = (Vector(repeating: 0), Vector(repeating: 0))
      let n = Vector.scalarCount
      var i = start
      while i &+ 2 &* n <= end {
        a += Vector(x + i)
        b += Vector(x + (i &+ n))
        i &+= 2 &* n
      }
      var rest: Float = 0
      while i < end {
        rest += x[i]
        i &+= 1
      }
      total += Double((a + b).total + rest)
      start = end
    }
    return total
  }

  @inline(never) public static func squares(_ x: Floats, around center: Float, count: Int) -> Double {
    var total = 0.0
    var start = 0
    let middle = Vector(repeating: center)
    while start < count {
      let end = start &+ block < count ? start &+ block : count
      var (a, b) = (Vector(repeating: 0), Vector(repeating: 0))
      let n = Vector.scalarCount
      var i = start
      while i &+ 2 &* n <= end {
        let (d, e) = (Vector(x + i) - middle, Vector(x + (i &+ n)) - middle)
        a = a.fma(d, d)
        b = b.fma(e, e)
        i &+= 2 &* n
      }
      var rest: Float = 0
      while i < end {
        rest += (x[i] - center) * (x[i] - center)
        i &+= 1
      }
      total += Double((a + b).total + rest)
      start = end
    }
    return total
  }

  @inline(never)
  public static func map(
    _ x: Floats, residual: Floats?, _ map: ChannelMap, into y: MutableFloats, count: Int
  ) {
    let n = Vector.scalarCount
    let (scale, shift) = (Vector(repeating: map.scale), Vector(repeating: map.shift))
    let floor = Vector(repeating: map.rectifies ? 0 : -.infinity)
    var i = 0
    if let residual {
      while i &+ n <= count {
        let z = shift.fma(scale, Vector(x + i)) + Vector(residual + i)
        z.replacing(with: floor, where: z .< floor).store(y + i)
        i &+= n
      }
    } else {
      while i &+ n <= count {
        let z = shift.fma(scale, Vector(x + i))
        z.replacing(with: floor, where: z .< floor).store(y + i)
        i &+= n
      }
    }
    while i < count {
      let z = map.shift.addingProduct(map.scale, x[i]) + (residual.map { $0[i] } ?? 0)
      y[i] = map.rectifies && z < 0 ? 0 : z
      i &+= 1
    }
  }

  @inline(never)
  public static func mark(
    _ x: Floats, residual: Floats?, _ map: ChannelMap, into halves: UnsafeMutablePointer<UInt16>, count: Int
  ) {
    if let residual {
      for i in 0..<count {
        halves[i] = marked(x[i], map.shift.addingProduct(map.scale, x[i]) + residual[i] > 0)
      }
    } else {
      for i in 0..<count { halves[i] = marked(x[i], map.shift.addingProduct(map.scale, x[i]) > 0) }
    }
  }

  /// Every second bfloat16 has the right last bit; the nearest of these.
  @inline(__always) private static func marked(_ x: Float, _ passes: Bool) -> UInt16 {
    let bits = x.bitPattern
    let even = (bits &+ 0x1_0000) & 0xfffe_0000
    let odd = bits | 0x1_0000
    let isNaN = bits & 0x7fff_ffff > 0x7f80_0000
    return UInt16(truncatingIfNeeded: (isNaN ? 0x7fc0_0000 : passes ? odd : even) >> 16)
  }

  @inline(never)
  public static func gradientSums(
    _ g: Floats, _ x: Floats, residual: Floats?, _ map: ChannelMap, around center: Float, count: Int
  ) -> (gradient: Double, product: Double) {
    var (total, product) = (0.0, 0.0)
    let (n, middle) = (Vector.scalarCount, Vector(repeating: center))
    var start = 0
    while start < count {
      let end = start &+ block < count ? start &+ block : count
      var (a, b) = (Vector(repeating: 0), Vector(repeating: 0))
      var i = start
      while i &+ n <= end {
        let z = Vector(x + i)
        let passed = passed(g + i, z, residual.map { $0 + i }, map)
        a += passed
        b = b.fma(passed, z - middle)
        i &+= n
      }
      var (rest, products): (Float, Float) = (0, 0)
      while i < end {
        let passed = passedScalar(g[i], x[i], residual.map { $0[i] }, map)
        rest += passed
        products += passed * (x[i] - center)
        i &+= 1
      }
      total += Double(a.total + rest)
      product += Double(b.total + products)
      start = end
    }
    return (total, product)
  }

  @inline(never)
  public static func gradient(
    _ g: Floats, _ x: Floats, residual: Floats?, _ map: ChannelMap, factor: Float, slope: Float, center: Float,
    offset: Float, into dx: MutableFloats?, passed target: MutableFloats?, count: Int
  ) {
    let n = Vector.scalarCount
    let (factors, slopes) = (Vector(repeating: factor), Vector(repeating: slope))
    let (middle, offsets) = (Vector(repeating: center), Vector(repeating: offset))
    var i = 0
    while i &+ n <= count {
      let z = Vector(x + i)
      let passed = passed(g + i, z, residual.map { $0 + i }, map)
      if let dx { offsets.fma(slopes, z - middle).fma(factors, passed).store(dx + i) }
      if let target { passed.store(target + i) }
      i &+= n
    }
    while i < count {
      let z = x[i]
      let passed = passedScalar(g[i], z, residual.map { $0[i] }, map)
      if let dx { dx[i] = offset.addingProduct(slope, z - center).addingProduct(factor, passed) }
      if let target { target[i] = passed }
      i &+= 1
    }
  }

  /// The gradient where `map` gave a positive number, computed as `map` computes it; all of it without a ReLU.
  @inline(__always)
  private static func passed(_ g: Floats, _ x: Vector, _ residual: Floats?, _ map: ChannelMap) -> Vector {
    let gradient = Vector(g)
    if !map.rectifies { return gradient }
    if map.isMarked { return Shuffle.marked(gradient, by: x) }
    var y = Vector(repeating: map.shift).fma(Vector(repeating: map.scale), x)
    if let residual { y += Vector(residual) }
    let zero = Vector(repeating: 0)
    return zero.replacing(with: gradient, where: y .> zero)
  }

  @inline(__always)
  private static func passedScalar(_ g: Float, _ x: Float, _ residual: Float?, _ map: ChannelMap) -> Float {
    if !map.rectifies { return g }
    if map.isMarked { return x.bitPattern & 0x1_0000 != 0 ? g : 0 }
    return map.shift.addingProduct(map.scale, x) + (residual ?? 0) > 0 ? g : 0
  }
}

extension Vector {
  /// The sum of all elements, pair by pair.
  @inline(__always) var total: Float {
    var values = self
    var sum: Float = 0
    withUnsafeBytes(of: &values) { bytes in
      let floats = bytes.baseAddress!.assumingMemoryBound(to: Float.self)
      var width = Vector.scalarCount / 2
      var parts = InlineArray<16, Float> { _ in 0 }
      for i in 0..<Vector.scalarCount { parts[unchecked: i] = floats[i] }
      while width > 0 {
        for i in 0..<width { parts[unchecked: i] += parts[unchecked: i &+ width] }
        width /= 2
      }
      sum = parts[unchecked: 0]
    }
    return sum
  }
}
