import Kernels

extension Library {
  @inline(never)
  public static func winogradWeights(
    _ w: Floats, outputs: Int, outputStride: Int, inputs: Range<Int>, inputStride: Int, backwards: Bool,
    into target: MutableFloats, frequencyStride: Int
  ) {
    // The nine taps of 16 outputs side by side, for 16 inputs; columns' transforms; and taps on their way there.
    withUnsafeTemporaryAllocation(of: Float.self, capacity: (9 * 16 + 18 + 10) * 16) { room in
      let taps = room.baseAddress!
      let (tall, spare) = (taps + 9 * 16 * 16, taps + (9 * 16 + 18) * 16)
      for i in 0..<room.count { taps[i] = 0 }
      var input = inputs.lowerBound
      while input < inputs.upperBound {
        let source = w + input &* inputStride
        let count = inputs.upperBound &- input < 16 ? 1 : 16
        if outputs == 16 && count == 16 && inputStride == 9 {
          for block in 0..<9 {
            Shuffle.transpose16(source + 16 &* block, stride: outputStride, into: taps + 256 &* block, stride: 16)
          }
        } else if outputStride == 9 {
          // Taps of neighbouring outputs follow each other: as 16 rows of 16 the first nine columns are the taps.
          for i in 0..<count {
            copy(source + i &* inputStride, 9 &* outputs, into: spare)
            Shuffle.transpose16(spare, stride: 9, into: taps + 144 &* i, stride: 16, columns: 9)
          }
        } else {
          for i in 0..<count {
            for o in 0..<outputs {
              let g = source + (i &* inputStride &+ o &* outputStride)
              for t in 0..<9 { taps[144 &* i &+ 16 &* t &+ o] = g[t] }
            }
          }
        }
        for i in 0..<count {
          transformTaps(
            taps + 144 &* i, backwards, tall, into: target + 16 &* (input &+ i), frequencyStride: frequencyStride)
        }
        input &+= count
      }
    }
  }

  @inline(__always) private static func copy(_ source: Floats, _ count: Int, into target: MutableFloats) {
    let n = Vector.scalarCount
    var i = 0
    while i &+ n <= count {
      Vector(source + i).store(target + i)
      i &+= n
    }
    while i < count {
      target[i] = source[i]
      i &+= 1
    }
  }

  /// G g Gᵀ of 16 outputs.
  @inline(__always)
  private static func transformTaps(
    _ taps: MutableFloats, _ backwards: Bool, _ tall: MutableFloats, into target: MutableFloats, frequencyStride: Int
  ) {
    let n = Vector.scalarCount
    var lane = 0
    while lane < 16 {
      // Tap t, from the last one on if backwards.
      let (g, step) = (taps + (lane &+ (backwards ? 128 : 0)), backwards ? -16 : 16)
      for column in 0..<3 {
        let t = WinogradTransform.weight(
          Vector(g + step &* column), Vector(g + step &* (column &+ 3)), Vector(g + step &* (column &+ 6)))
        let u = tall + column &* n
        t.0.store(u)
        t.1.store(u + 3 &* n)
        t.2.store(u + 6 &* n)
        t.3.store(u + 9 &* n)
        t.4.store(u + 12 &* n)
        t.5.store(u + 15 &* n)
      }
      var out = target + lane
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
  }

  @inline(never)
  public static func winogradWeightGradient(
    _ products: Floats, frequencyStride: Int, inputs: Int, into target: MutableFloats
  ) {
    let n = Vector.scalarCount
    withUnsafeTemporaryAllocation(of: Float.self, capacity: (18 + 16 + 16) * 16) { room in
      let wide = room.baseAddress!
      let (taps, turned) = (wide + 18 * 16, wide + (18 + 16) * 16)
      for i in 0..<16 * 16 { taps[i] = 0 }
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
        Shuffle.transpose16(taps, stride: n, into: turned, stride: 16, columns: n)
        for i in 0..<count {
          let (from, out) = (turned + 16 &* i, target + 9 &* (input &+ i))
          // A wide register reaches into the next input's taps, which come next; the last one's must end with them.
          if n == 8 || i &+ 1 < count {
            Vector(from).store(out)
            if n == 8 { out[8] = from[8] }
          } else {
            for t in 0..<9 { out[t] = from[t] }
          }
        }
        input &+= n
      }
    }
  }
}
