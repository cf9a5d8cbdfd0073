import Autograd
import Datasets
import Pictures
import Storage
import Tensors

extension LuaCall {
  /// A tensor as a picture: by its shape and type, an image, class ids, a heat map or a curve.
  func picture(of tensor: Tensor, _ options: ShowOptions) throws -> (Picture, title: String) {
    let shape = "\(tensor.type.rawValue) \(tensor.shape)"
    if tensor.rank == 1 { return (try curve(tensor, options), "curve of \(shape)") }
    if tensor.rank == 2, tensor.count > 0 {
      if tensor.type.isFloating { return (.drawing(HeatMap.drawing(of: tensor)), "heat map, \(shape)") }
      let map = Image8(labels: tensor)
      return (.pixels(map.coloured(try colours(of: map, options))), "class ids, \(shape)")
    }
    guard let image = try tensor.shownImage() else {
      throw wrong(
        1, "x",
        expected:
          "an image [3, H, W] or [1, H, W], class ids or floats [H, W], or a list of numbers [N], found \(shape)")
    }
    guard let labels: Variable = try options.table.value("labels") else { return (.pixels(image), "image, \(shape)") }
    guard labels.value.rank == 2, !labels.type.isFloating, labels.shape == [image.height, image.width] else {
      throw options.table.wrong(
        "labels", expected: "integer class ids of the image's size, [\(image.height), \(image.width)]")
    }
    let opacity: Double = try options.table.value("opacity") ?? 0.5
    guard (0...1).contains(opacity) else { throw options.table.wrong("opacity", expected: "a number from 0 to 1") }
    let map = Image8(labels: labels.value)
    let picture = image.rgb.overlaid(with: map, try colours(of: map, options), opacity: opacity)
    return (.pixels(picture), "labels over an image, \(shape)")
  }

  /// Colours that `palette` names, or else those that suit the highest class id.
  private func colours(of map: Image8, _ options: ShowOptions) throws -> [RGB] {
    switch try options.table.value("palette", as: LuaValue.self) {
    case nil: return Palette.usual(classes: Int(map.pixels.filter { $0 < 255 }.max() ?? 0) + 1)
    case .object(let data as Configuration)? where data.schema.kind == .data: return try data.dataset().classes.palette
    case .string(let name)?:
      if let palette = Palette.named(name) { return palette }
      fallthrough
    default:
      throw options.table.wrong("palette", expected: "a tel.data object, \"cityscapes\", \"voc\" or \"ade20k\"")
    }
  }
}

extension Tensor {
  /// An image: bytes, or numbers that are taken to lie in [0, 1] and cut off outside; nil for another shape.
  public func shownImage() throws -> Image8? {
    if !type.isFloating { return try picture() }
    let bytes = array(of: Double.self).map { $0.isFinite ? UInt8((max(0, min(1, $0)) * 255).rounded()) : 0 }
    return try Tensor(bytes, shape: shape).picture()
  }
}
