import Autograd
import Datasets
import Foundation
import Storage
import Tensors

extension LuaState {
  func registerImages() {
    register("tel.image.read", help: "(path) -> uint8 [3, H, W], RGB") { call in
      let path = try call.state.paths.resolve(try call.argument(1, "path"))
      return Variable(try ImageFile.read(path).rgb.planes())
    }
    register("tel.image.read_labels", help: "(path) -> uint8 [H, W]: palette indices or grey values as they are stored")
    { call in
      let image = try ImageFile.readLabels(call.state.paths.resolve(try call.argument(1, "path")))
      return Variable(Tensor(image.pixels, shape: [image.height, image.width]))
    }
    register(
      "tel.image.write",
      help:
        "(path, x): PNG of uint8 [3, H, W] RGB, [1, H, W] or [H, W] grey; class ids of int32 [H, W] are stored as grey, -1 as 255"
    ) { call in
      let path = try call.state.writePolicy.resolve(try call.argument(1, "path"))
      try ImageFile.writePNG(try call.image(2), to: path)
      return nil
    }
    register(
      "tel.image.resize",
      help: "(x, {width, height}) -> uint8 of this size as OpenCV resizes: [3, H, W] bicubic, class ids [H, W] nearest"
    ) { call in
      let image = try call.image(1)
      let sides: [Int] = try call.argument(2, "size")
      guard sides.count == 2, sides.allSatisfy((1...32768).contains) else {
        throw call.wrong(2, "size", expected: "{width, height}, from 1 to 32768")
      }
      if image.channels == 3 {
        return Variable(try Resampling.bicubic(image, width: sides[0], height: sides[1]).planes())
      }
      let map = Resampling.nearest(image, width: sides[0], height: sides[1])
      return Variable(Tensor(map.pixels, shape: [map.height, map.width]))
    }
    register("tel.image.input", help: "(x) -> float32 [1, 3, H, W]: what networks take for a uint8 [3, H, W] RGB image")
    {
      Variable(NetworkInput.normalized(try $0.image(1).rgb))
    }
    register("tel.image.guide", help: "(x) -> float32 [1, 3, H, W]: what the low tree takes: BGR in [0, 1]") {
      Variable(NetworkInput.guide(try $0.image(1).rgb))
    }
  }
}

extension LuaCall {
  /// Argument `n`, a tensor of bytes, as an image.
  func image(_ n: Int) throws -> Image8 {
    let tensor = try argument(n, "image", as: Variable.self).value
    if let picture = try tensor.picture() {
      if tensor.isBeyondBytes(least: picture.channels == 1 ? -1 : 0) {
        throw wrong(n, "image", expected: "values from 0 to 255, and -1 for class ids that are unlabelled")
      }
      return picture
    }
    throw wrong(
      n, "image",
      expected: "uint8 [3, H, W], [1, H, W] or [H, W], found \(tensor.type.rawValue) \(tensor.shape)"
        + (tensor.type.isFloating ? "; scale to 0…255 and use x:to(\"uint8\")" : ""))
  }
}

extension Tensor {
  /// Whether integers are below `least` or above 255.
  fileprivate func isBeyondBytes(least: Int64) -> Bool {
    if type == .uint8 || count == 0 { return false }
    return converted(to: .int64).array(of: Int64.self).contains { $0 < least || $0 > 255 }
  }

  /// Integers [3, H, W], [1, H, W] or [H, W] (also with a leading 1) as a picture; nil for anything else. In one of class ids -1,
  /// unlabelled, becomes 255.
  func picture() throws -> Image8? {
    var shape = self.shape
    if shape.count == 4 && shape[0] == 1 { shape.removeFirst() }
    if shape.count == 2 { shape.insert(1, at: 0) }
    guard !type.isFloating, shape.count == 3, shape[0] == 1 || shape[0] == 3, shape[1] > 0, shape[2] > 0 else {
      return nil
    }
    let interleaved = try reshaped(shape).permuted([1, 2, 0])
    var pixels = interleaved.converted(to: .uint8).array(of: UInt8.self)
    if type != .uint8 && shape[0] == 1 {
      for (i, value) in interleaved.converted(to: .int64).array(of: Int64.self).enumerated() where value == -1 {
        pixels[i] = 255
      }
    }
    return Image8(width: shape[2], height: shape[1], channels: shape[0], pixels: pixels)
  }
}

extension Image8 {
  /// The image as uint8 [C, H, W].
  func planes() throws -> Tensor {
    try Tensor(pixels, shape: [height, width, channels]).permuted([2, 0, 1]).contiguous()
  }
}
