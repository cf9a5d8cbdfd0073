import Autograd
import Foundation
import Scripting
import Storage
import Tensors
import TreeFilter

/// One thing that the self-test computes and compares with what is known.
struct SelfTest: Sendable {
  let name: String
  /// Whether the result is right.
  let run: @Sendable () throws -> Bool

  static let all = [
    SelfTest(name: "convolution against its definition", run: convolution),
    SelfTest(name: "tree filter against its definition", run: treeFilter),
    SelfTest(name: "HDF5 file written and read back", run: hdf5),
    SelfTest(name: "PNG written and read back", run: png),
    SelfTest(name: "Lua script", run: script),
  ]

  /// 8 channels to 8, 3×3, padded, on 32×32 pixels, against the sum that defines it.
  private static func convolution() throws -> Bool {
    let (channels, size) = (8, 32)
    var random = RandomStream(seed: 1, purpose: "self-test")
    func numbers(_ shape: [Int]) -> Tensor {
      Tensor((0..<shape.reduce(1, *)).map { _ in Float(random.uniform(-1, 1)) }, shape: shape)
    }
    let input = numbers([1, channels, size, size])
    let weight = numbers([channels, channels, 3, 3])
    let result = try Convolution(input: input.shape, weight: weight.shape, window: .init(padding: 1))
      .forward(input, weight: weight).array(of: Float.self)
    let (x, w) = (input.array(of: Float.self), weight.array(of: Float.self))
    for output in 0..<channels {
      for row in 0..<size {
        for column in 0..<size {
          var sum: Float = 0
          for channel in 0..<channels {
            for (dy, dx) in (0..<9).map({ ($0 / 3, $0 % 3) }) {
              let (y, c) = (row + dy - 1, column + dx - 1)
              guard (0..<size).contains(y), (0..<size).contains(c) else { continue }
              sum += x[(channel * size + y) * size + c] * w[((output * channels + channel) * 3 + dy) * 3 + dx]
            }
          }
          if abs(sum - result[(output * size + row) * size + column]) > 1e-4 { return false }
        }
      }
    }
    return true
  }

  /// A chain of 16 pixels, whose tree is known: each pixel becomes the mean of all, weighted by exp(-d/sigma) along the way.
  private static func treeFilter() throws -> Bool {
    let (count, sigma) = (16, 0.5)
    var random = RandomStream(seed: 1, purpose: "self-test")
    let guide = (0..<count).map { _ in Float(random.uniform()) }
    let x = (0..<count).map { _ in Float(random.uniform(-1, 1)) }
    let shape = [1, 1, 1, count]
    let tree = try MinimumSpanningTree.build(guide: Tensor(guide, shape: shape))
    let result = try TreeFilter.treeFilter(
      Variable(Tensor(x, shape: shape)), embedding: Variable(Tensor(guide, shape: shape)), tree: tree, sigma: sigma
    ).value.array(of: Float.self)
    for i in 0..<count {
      var (sum, total) = (0.0, 0.0)
      for j in 0..<count {
        var length = 0.0
        for step in min(i, j)..<max(i, j) {
          let difference = Double(guide[step] - guide[step + 1])
          length += difference * difference
        }
        let weight = exp(-length / sigma)
        sum += weight * Double(x[j])
        total += weight
      }
      if abs(sum / total - Double(result[i])) > 1e-4 { return false }
    }
    return true
  }

  private static func hdf5() throws -> Bool {
    try withTemporaryFile("h5") { path in
      let numbers = (0..<1000).map { Float($0).squareRoot() }
      let file = try HDF5File(creating: path)
      try file.write("/numbers", Tensor(numbers, shape: [10, 100]))
      try file.write(to: path)
      let read = try HDF5File(reading: path).read("/numbers")
      return read.shape == [10, 100] && read.array(of: Float.self) == numbers
    }
  }

  private static func png() throws -> Bool {
    try withTemporaryFile("png") { path in
      let image = Image8(width: 16, height: 8, channels: 3, pixels: (0..<384).map { UInt8($0 % 256) })
      try ImageFile.writePNG(image, to: path)
      return try ImageFile.read(path) == image
    }
  }

  private static func script() throws -> Bool {
    let text = "local n = 0 for k, v in pairs{1, 2, x = 3} do n = n + v end return n"
    return try LuaState().run(text, name: "self-test").first.map { if case .integer(6) = $0 { true } else { false } }
      ?? false
  }

  private static func withTemporaryFile(_ suffix: String, _ body: (String) throws -> Bool) throws -> Bool {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("tel-\(UUID().uuidString).\(suffix)").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try body(path)
  }
}
