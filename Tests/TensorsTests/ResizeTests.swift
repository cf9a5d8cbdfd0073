import Tensors
import TestSupport
import Testing

@Suite struct ResizeTests {
  @Test func agreesWithTheReference() throws {
    let golden = try Golden("resize.h5")
    for name in try golden.keys() where name != "nearest_index_1d" {
      for type in [ElementType.float32, .float64] {
        let input = try golden.tensor("\(name)/input", type)
        let gradient = try golden.tensor("\(name)/grad_out", type)
        let size = try golden.tensor("\(name)/out_hw").array(of: Int64.self).map(Int.init)
        let (rows, columns) = (input.shape[2], input.shape[3])
        for align in [true, false] {
          let mode = ResizeMode.bilinear(alignCorners: align)
          let expected = try golden.tensor("\(name)/bilinear_ac_\(align)", type)
          expectClose(try input.resized(height: size[0], width: size[1], mode), expected, absolute: 1e-5, name)
          expectClose(
            try Tensor.resizeGradient(gradient, height: rows, width: columns, mode),
            try golden.tensor("\(name)/bilinear_ac_\(align)_grad_in", type), absolute: 1e-5, name)
        }
        let nearest = try input.resized(height: size[0], width: size[1], .nearest)
        expectClose(nearest, try golden.tensor("\(name)/nearest", type), name)
      }
    }
  }

  @Test func picksTheReferencesPixels() throws {
    let golden = try Golden("resize.h5")
    for name in try golden.keys("nearest_index_1d") {
      let sizes = name.split(separator: "_").compactMap { Int($0) }
      for type in [ElementType.int32, .uint8, .int64] where type != .uint8 || sizes[0] <= 256 {
        let line = Tensor((0..<sizes[0]).map(Int32.init), shape: [1, sizes[0]]).converted(to: type)
        let picked = try line.resized(height: 3, width: sizes[1], .nearest).selected(0, index: 2)
        #expect(picked.array(of: Int32.self) == (try golden.tensor("nearest_index_1d/\(name)").array(of: Int32.self)))
      }
    }
  }

  @Test(arguments: [ResizeMode.nearest, .bilinear(alignCorners: true), .bilinear(alignCorners: false)])
  func constantsStayAndAdjointsFit(_ mode: ResizeMode) throws {
    for (rows, columns, height, width) in [(1, 1, 4, 5), (7, 3, 2, 9), (16, 16, 64, 64), (33, 20, 33, 20)] {
      let constant = try Tensor(filling: [2, rows, columns], with: 0.7, .float64).resized(
        height: height, width: width, mode)
      #expect(constant.array(of: Double.self).allSatisfy { abs($0 - 0.7) < 1e-15 })
      let (x, y) = (randomTensor([2, rows, columns], "x"), randomTensor([2, height, width], "y"))
      let there = try x.resized(height: height, width: width, mode).array(of: Double.self)
      let back = try Tensor.resizeGradient(y, height: rows, width: columns, mode).array(of: Double.self)
      let left = zip(there, y.array(of: Double.self)).reduce(0) { $0 + $1.0 * $1.1 }
      let right = zip(back, x.array(of: Double.self)).reduce(0) { $0 + $1.0 * $1.1 }
      #expect(abs(left - right) < 1e-10)
    }
  }

  @Test func refusesWhatDoesNotFit() {
    #expect(throws: TensorError.self) { try Tensor(zeros: [3, 3]).resized(height: 0, width: 2, .nearest) }
    #expect(throws: TensorError.self) { try Tensor(zeros: [3]).resized(height: 1, width: 2, .nearest) }
    #expect(throws: TensorError.self) {
      try Tensor(zeros: [3, 3], .int32).resized(height: 1, width: 2, .bilinear(alignCorners: true))
    }
  }
}
