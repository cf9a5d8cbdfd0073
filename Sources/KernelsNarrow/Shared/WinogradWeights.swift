import CProcessor
import Kernels

extension Library {
  @inline(never)
  public static func winogradWeights(
    _ w: Floats, outputs: Int, outputStride: Int, inputs: Range<Int>, inputStride: Int, backwards: Bool,
    into target: MutableFloats, frequencyStride: Int
  ) {
    // The nine taps of 16 outputs side by side, for 16 inputs; and taps on their way there.
    withUnsafeTemporaryAllocation(of: Float.self, capacity: (9 * 16 + 10) * 16) { room in
      let taps = room.baseAddress!
      let spare = taps + 9 * 16 * 16
      for i in 0..<room.count { taps[i] = 0 }
      var input = inputs.lowerBound
      while input < inputs.upperBound {
        let source = w + input &* inputStride
        let count = inputs.upperBound &- input < 16 ? 1 : 16
        // Weights come from far away, and in pieces too short for the processor to see where they go on.
        fetchTaps(source + 16 &* inputStride, outputs, outputStride, count == 16 ? 16 : 0, inputStride)
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
          transformTaps(taps + 144 &* i, backwards, into: target + 16 &* (input &+ i), frequencyStride: frequencyStride)
        }
        input &+= count
      }
    }
  }

  /// Asks for the taps of some inputs, which follow each other or lie in a row of neighbouring outputs.
  @inline(__always)
  private static func fetchTaps(_ w: Floats, _ outputs: Int, _ outputStride: Int, _ inputs: Int, _ inputStride: Int) {
    let (rows, step, count) =
      inputStride == 9 ? (outputs, outputStride, 9 &* inputs) : (inputs, inputStride, 9 &* outputs)
    for row in 0..<rows {
      let line = w + row &* step
      var i = 0
      while i < count {
        processor_prefetch(line + i)
        i &+= 16
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
    _ taps: MutableFloats, _ backwards: Bool, into target: MutableFloats, frequencyStride: Int
  ) {
    let n = Vector.scalarCount
    var lane = 0
    while lane < 16 {
      // Tap t, from the last one on if backwards.
      let (g, step) = (taps + (lane &+ (backwards ? 128 : 0)), backwards ? -16 : 16)
      let a = WinogradTransform.weight(Vector(g), Vector(g + 3 &* step), Vector(g + 6 &* step))
      let b = WinogradTransform.weight(Vector(g + step), Vector(g + 4 &* step), Vector(g + 7 &* step))
      let c = WinogradTransform.weight(Vector(g + 2 &* step), Vector(g + 5 &* step), Vector(g + 8 &* step))
      let out = target + lane
      let line = 6 &* frequencyStride
      put(WinogradTransform.weight(a.0, b.0, c.0), out, frequencyStride)
      put(WinogradTransform.weight(a.1, b.1, c.1), out + line, frequencyStride)
      put(WinogradTransform.weight(a.2, b.2, c.2), out + 2 &* line, frequencyStride)
      put(WinogradTransform.weight(a.3, b.3, c.3), out + 3 &* line, frequencyStride)
      put(WinogradTransform.weight(a.4, b.4, c.4), out + 4 &* line, frequencyStride)
      put(WinogradTransform.weight(a.5, b.5, c.5), out + 5 &* line, frequencyStride)
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
        // The taps of the next 16 inputs: memory that is written must be there first too.
        for line in 0..<9 { processor_prefetch_store(target + (9 &* input &+ 16 &* (9 &+ line))) }
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
