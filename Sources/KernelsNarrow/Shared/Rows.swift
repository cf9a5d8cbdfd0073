import Kernels

extension Library {
  @inline(never)
  public static func blend(_ a: Floats, _ b: Floats, weight: Float, into y: MutableFloats, count: Int) {
    let n = Vector.scalarCount
    let (v, w) = (Vector(repeating: 1 - weight), Vector(repeating: weight))
    var i = 0
    while i &+ n <= count {
      (Vector(a + i) * v).fma(Vector(b + i), w).store(y + i)
      i &+= n
    }
    while i < count {
      y[i] = (a[i] * (1 - weight)).addingProduct(b[i], weight)
      i &+= 1
    }
  }

  @inline(never)
  public static func add(_ x: Floats, times factor: Float, to y: MutableFloats, count: Int) {
    let n = Vector.scalarCount
    let f = Vector(repeating: factor)
    var i = 0
    while i &+ n <= count {
      Vector(y + i).fma(Vector(x + i), f).store(y + i)
      i &+= n
    }
    while i < count {
      y[i] = y[i].addingProduct(x[i], factor)
      i &+= 1
    }
  }

  @inline(never)
  public static func interleave(_ x: Floats, into y: MutableFloats, count: Int) {
    let n = Vector.scalarCount
    var i = 0
    // A pair of registers ends one float after its last element, which must still be before another element.
    while i &+ n < count {
      let out = y + 2 &* i
      let (a, b) = Shuffle.zip(Vector(x + i), Shuffle.odds(Vector(out), Vector(out + n)))
      a.store(out)
      b.store(out + n)
      i &+= n
    }
    while i < count {
      y[2 &* i] = x[i]
      i &+= 1
    }
  }
}
