import Kernels

extension Library {
  @inline(never)
  public static func winogradWeights(
    _ w: Floats, outputs: Int, outputStride: Int, inputs: Range<Int>, inputStride: Int, backwards: Bool,
    into target: MutableFloats, frequencyStride: Int
  ) {
    let n = Vector.scalarCount
    // The nine taps of 16 output channels side by side.
    withUnsafeTemporaryAllocation(of: Float.self, capacity: (9 + 18) * 16) { room in
      let taps = room.baseAddress!
      let tall = taps + 9 * 16
      for i in 0..<9 * 16 { taps[i] = 0 }
      var input = inputs.lowerBound
      while input < inputs.upperBound {
        let source = w + input &* inputStride
        for o in 0..<outputs {
          let g = source + o &* outputStride
          if backwards {
            for t in 0..<9 { taps[16 &* t &+ o] = g[8 &- t] }
          } else {
            for t in 0..<9 { taps[16 &* t &+ o] = g[t] }
          }
        }
        var lane = 0
        while lane < 16 {
          let g = taps + lane
          for column in 0..<3 {
            let t = WinogradTransform.weight(
              Vector(g + 16 &* column), Vector(g + 16 &* (column &+ 3)), Vector(g + 16 &* (column &+ 6)))
            let u = tall + column &* n
            t.0.store(u)
            t.1.store(u + 3 &* n)
            t.2.store(u + 6 &* n)
            t.3.store(u + 9 &* n)
            t.4.store(u + 12 &* n)
            t.5.store(u + 15 &* n)
          }
          var out = target + (16 &* input &+ lane)
          for row in 0..<6 {
            let u = tall + 3 &* row &* n
            let t = WinogradTransform.weight(Vector(u), Vector(u + n), Vector(u + 2 &* n))
            t.0.store(out)
            t.1.store(out + frequencyStride)
            t.2.store(out + 2 &* frequencyStride)
            t.3.store(out + 3 &* frequencyStride)
            t.4.store(out + 4 &* frequencyStride)
            t.5.store(out + 5 &* frequencyStride)
            out += 6 &* frequencyStride
          }
          lane &+= n
        }
        input &+= 1
      }
    }
  }

  @inline(never)
  public static func winogradWeightGradient(
    _ products: Floats, frequencyStride: Int, inputs: Int, into target: MutableFloats
  ) {
    let n = Vector.scalarCount
    withUnsafeTemporaryAllocation(of: Float.self, capacity: (18 + 9) * 16) { room in
      let wide = room.baseAddress!
      let taps = wide + 18 * 16
      var input = 0
      while input < inputs {
        for column in 0..<6 {
          let u = products + (column &* frequencyStride &+ input)
          let step = 6 &* frequencyStride
          let t = WinogradTransform.weightGradient(
            Vector(u), Vector(u + step), Vector(u + 2 &* step), Vector(u + 3 &* step), Vector(u + 4 &* step),
            Vector(u + 5 &* step))
          let v = wide + column &* n
          t.0.store(v)
          t.1.store(v + 6 &* n)
          t.2.store(v + 12 &* n)
        }
        for row in 0..<3 {
          let v = wide + 6 &* row &* n
          let t = WinogradTransform.weightGradient(
            Vector(v), Vector(v + n), Vector(v + 2 &* n), Vector(v + 3 &* n), Vector(v + 4 &* n), Vector(v + 5 &* n))
          let out = taps + 3 &* row &* n
          t.0.store(out)
          t.1.store(out + n)
          t.2.store(out + 2 &* n)
        }
        let count = inputs &- input < n ? inputs &- input : n
        for i in 0..<count {
          let out = target + 9 &* (input &+ i)
          for t in 0..<9 { out[t] = taps[t &* n &+ i] }
        }
        input &+= n
      }
    }
  }
}
