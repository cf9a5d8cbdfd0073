import Storage

/// How far every pixel is from the nearest pixel of another class: an exact Euclidean distance transform of all classes at
/// once. The image's edge is no border.
///
/// After Meijster, Roerdink and Hesselink (2000): first distances within each column, then for each row the lower envelope
/// of parabolas. With several classes the envelope is taken over each run of one class; beyond the run's two ends stands
/// another class, at column distance 0, and nothing farther out can be nearer. Linear in the number of pixels.
public enum BorderDistance {
  /// The distance of a map that has one class only.
  public static let unlimited = Int32.max

  /// Squared distances in pixels, row by row, for a map of one channel; `unlimited` where there is no other class.
  public static func squared(_ map: Image8) -> [Int32] {
    let (width, height) = (map.width, map.height)
    let columns = columnDistances(map)
    var result = [Int32](repeating: unlimited, count: width * height)
    // Of each parabola on the envelope its column and the first pixel where it is lowest.
    var feet = [Int](repeating: 0, count: width + 2)
    var starts = [Int](repeating: 0, count: width + 2)
    for y in 0..<height {
      let row = y * width
      var first = 0
      while first < width {
        var last = first
        while last + 1 < width && map.pixels[row + last + 1] == map.pixels[row + first] { last += 1 }
        let candidates = max(0, first - 1)...min(width - 1, last + 1)
        func offset(_ x: Int) -> Int? {
          if x < first || x > last { return 0 }
          let d = columns[row + x]
          return d == unlimited ? nil : Int(d)
        }
        var count = 0
        for u in candidates {
          guard let g = offset(u) else { continue }
          while count > 0 {
            let i = feet[count - 1]
            let h = offset(i) ?? 0
            // Where the new parabola becomes lower than the one at i.
            let meeting = ((u * u - i * i + g * g - h * h).flooredQuotient(2 * (u - i))) + 1
            if meeting > starts[count - 1] {
              if meeting <= last {
                feet[count] = u
                starts[count] = meeting
                count += 1
              }
              break
            }
            count -= 1
          }
          if count == 0 {
            (feet[0], starts[0]) = (u, first)
            count = 1
          }
        }
        if count > 0 {
          var piece = count - 1
          for x in stride(from: last, through: first, by: -1) {
            while starts[piece] > x { piece -= 1 }
            let g = offset(feet[piece]) ?? 0
            result[row + x] = Int32((x - feet[piece]) * (x - feet[piece]) + g * g)
          }
        }
        first = last + 1
      }
    }
    return result
  }

  /// Distance to the nearest pixel of another class in the same column.
  private static func columnDistances(_ map: Image8) -> [Int32] {
    let (width, height) = (map.width, map.height)
    var result = [Int32](repeating: unlimited, count: width * height)
    func pass(_ rows: some Sequence<Int>, step: Int) {
      for y in rows {
        for x in 0..<width {
          let (here, before) = (y * width + x, (y - step) * width + x)
          if map.pixels[here] != map.pixels[before] {
            result[here] = 1
          } else if result[before] != unlimited {
            result[here] = min(result[here], result[before] + 1)
          }
        }
      }
    }
    if height > 1 {
      pass(1..<height, step: 1)
      pass(stride(from: height - 2, through: 0, by: -1), step: -1)
    }
    return result
  }
}

extension Int {
  /// Division that rounds toward minus infinity; `divisor` is positive.
  @inline(__always) func flooredQuotient(_ divisor: Int) -> Int {
    let quotient = self / divisor
    return self % divisor < 0 ? quotient - 1 : quotient
  }
}
