import Datasets
import Storage
import Tensors
import Testing

@Suite struct ResamplingTests {
  static func sequence(_ width: Int, _ height: Int, channels: Int = 3) -> Image8 {
    Image8(
      width: width, height: height, channels: channels,
      pixels: (0..<width * height * channels).map { UInt8(($0 * 97 + 13) % 256) })
  }

  /// Bicubic in doubles, sixteen taps at once, from the definition.
  static func slowBicubic(_ image: Image8, width: Int, height: Int) -> [Double] {
    func weight(_ distance: Double) -> Double {
      let (a, d) = (-0.75, abs(distance))
      if d <= 1 { return (a + 2) * d * d * d - (a + 3) * d * d + 1 }
      return d < 2 ? a * d * d * d - 5 * a * d * d + 8 * a * d - 4 * a : 0
    }
    var result: [Double] = []
    for y in 0..<height {
      for x in 0..<width {
        let sx = (Double(x) + 0.5) * Double(image.width) / Double(width) - 0.5
        let sy = (Double(y) + 0.5) * Double(image.height) / Double(height) - 0.5
        for channel in 0..<image.channels {
          var sum = 0.0
          for row in Int(sy.rounded(.down)) - 1...Int(sy.rounded(.down)) + 2 {
            for column in Int(sx.rounded(.down)) - 1...Int(sx.rounded(.down)) + 2 {
              let value = image[
                min(image.width - 1, max(0, column)), min(image.height - 1, max(0, row)), channel]
              sum += weight(sx - Double(column)) * weight(sy - Double(row)) * Double(value)
            }
          }
          result.append(min(255, max(0, sum)))
        }
      }
    }
    return result
  }

  @Test(arguments: [(1, 1), (3, 9), (7, 3), (13, 11), (40, 2), (6, 5)])
  func bicubicAgreesWithItsDefinition(width: Int, height: Int) {
    for (w, h) in [(1, 1), (2, 3), (6, 5), (17, 9)] {
      let image = Self.sequence(w, h)
      let fast = Resampling.bicubic(image, width: width, height: height)
      for (a, b) in zip(fast.pixels, Self.slowBicubic(image, width: width, height: height)) {
        #expect(abs(Double(a) - b) <= 0.5 + 0.3, "\(w)x\(h) to \(width)x\(height): \(a) against \(b)")
      }
    }
  }

  @Test func aWindowIsThatPartOfTheWhole() {
    let image = Self.sequence(17, 9)
    for (width, height) in [(40, 22), (17, 9), (7, 5)] {
      for window in [
        ImageWindow(x: 0, y: 0, width: width, height: height), ImageWindow(x: 3, y: 2, width: 4, height: 3),
        ImageWindow(x: width - 1, y: height - 1, width: 1, height: 1),
      ] {
        for resize in [Resampling.bicubic, Resampling.nearest] {
          let whole = resize(image, width, height, nil)
          let part = resize(image, width, height, window)
          #expect(part == whole.cropped(x: window.x, y: window.y, width: window.width, height: window.height))
        }
      }
    }
  }

  @Test func constantImagesStayConstant() {
    for value: UInt8 in [0, 1, 128, 255] {
      let image = Image8(width: 7, height: 5, channels: 3, filling: value)
      #expect(Resampling.bicubic(image, width: 12, height: 3).pixels.allSatisfy { $0 == value })
    }
  }

  /// Results of OpenCV 5.0.0, resize with INTER_CUBIC and INTER_NEAREST, for the sequence k·97 + 13 mod 256.
  @Test func agreesWithOpenCV() {
    let image = Self.sequence(5, 4)
    let cubic: [UInt8] = [
      37, 93, 194, 60, 112, 236, 75, 143, 185, 68, 170, 48, 90, 193, 66, 122, 223, 84, 141, 243, 76, 169, 114, 59, 204,
      149,
      73, 178, 123, 121, 90, 34, 180, 106, 49, 222, 143, 98, 169, 162, 133, 88, 33, 135, 191, 52, 159, 233, 84, 173,
      182,
      111, 166, 44, 134, 212, 58, 164, 128, 99, 183, 3, 122,
    ]
    let ours = Resampling.bicubic(image, width: 7, height: 3).pixels
    for (a, b) in zip(ours, cubic) { #expect(abs(Int(a) - Int(b)) <= 1) }
    let blue = Image8(width: 5, height: 4, channels: 1, pixels: stride(from: 0, to: 60, by: 3).map { image.pixels[$0] })
    #expect(
      Resampling.nearest(blue, width: 7, height: 3).pixels
        == [13, 13, 48, 83, 83, 118, 153, 188, 188, 223, 2, 2, 37, 72, 107, 107, 142, 177, 177, 212, 247])
    #expect(
      Resampling.nearest(blue, width: 3, height: 9).pixels
        == [
          13, 48, 118, 13, 48, 118, 13, 48, 118, 188, 223, 37, 188, 223, 37, 107, 142, 212, 107, 142, 212, 26, 61, 131,
          26, 61,
          131,
        ])
  }

  @Test func nearestTakesTheFloor() {
    for input in 1...40 {
      let image = Image8(width: input, height: 1, channels: 1, pixels: (0..<input).map { UInt8($0) })
      for output in 1...40 where input % output == 0 || output % input == 0 {
        let result = Resampling.nearest(image, width: output, height: 1)
        #expect(result.pixels == (0..<output).map { UInt8($0 * input / output) }, "\(input) to \(output)")
      }
    }
  }
}
