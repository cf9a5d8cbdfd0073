import Autograd
import Datasets
import Pictures
import Storage
import Tensors

extension LuaState {
  /// `tel.show`, and `tel.image` functions that make pictures of class ids and put pictures together.
  func registerPictures() {
    registerShow()
    register(
      "tel.image.colour",
      help:
        "(labels [H, W], palette) -> uint8 [3, H, W]; palette: a tel.data object, \"cityscapes\", \"voc\" or \"ade20k\""
    ) { call in
      Variable(try Image8(labels: call.classMap(1)).coloured(call.palette(2)).planes())
    }
    register(
      "tel.image.overlay",
      help: "(image uint8 [3, H, W], labels [H, W], palette, {opacity=0.5}) -> the image with colours over it"
    ) { call in
      let (image, labels) = (try call.image(1).rgb, try call.classMap(2))
      guard labels.shape == [image.height, image.width] else {
        throw call.wrong(2, "labels", expected: "class ids of the image's size, [\(image.height), \(image.width)]")
      }
      let opacity: Double = try call.options(4, known: ["opacity"]).value("opacity") ?? 0.5
      guard (0...1).contains(opacity) else { throw call.wrong(4, "opacity", expected: "a number from 0 to 1") }
      return Variable(try image.overlaid(with: Image8(labels: labels), call.palette(3), opacity: opacity).planes())
    }
    register(
      "tel.image.sheet",
      help: "({{cell, …}, …}) -> uint8 [3, H, W]: rows of pictures; a cell is a picture or {picture, \"caption\"}"
    ) { call in
      let rows: [LuaTable] = try call.argument(1, "rows")
      let cells = try rows.map { row in try row.list.map { try call.cell($0) } }
      guard cells.contains(where: { !$0.isEmpty }) else {
        throw call.wrong(1, "rows", expected: "at least one picture")
      }
      return Variable(try PictureSheet(rows: cells).drawn().planes())
    }
  }
}

extension LuaCall {
  /// Argument `n`, class ids [H, W].
  fileprivate func classMap(_ n: Int) throws -> Tensor {
    let labels = try argument(n, "labels", as: Variable.self).value
    guard labels.rank == 2, !labels.type.isFloating else {
      throw wrong(n, "labels", expected: "integer class ids [H, W], found \(labels.type.rawValue) \(labels.shape)")
    }
    return labels
  }

  /// Argument `n`, the colours of a data set's classes or of a benchmark.
  fileprivate func palette(_ n: Int) throws -> [RGB] {
    if let data = ifIs(n, Configuration.self), data.schema.kind == .data { return try data.dataset().classes.palette }
    if let palette = ifIs(n, String.self).flatMap(Palette.named) { return palette }
    throw wrong(n, "palette", expected: "a tel.data object, \"cityscapes\", \"voc\" or \"ade20k\"")
  }

  fileprivate func cell(_ value: LuaValue) throws -> PictureSheet.Cell {
    switch value {
    case .object(let object as Variable):
      if let picture = try object.value.picture() { return PictureSheet.Cell(picture) }
    case .table(let table):
      if let tensor: Variable = table.value(1), let picture = try tensor.value.picture() {
        return PictureSheet.Cell(picture, caption: table.value(2) ?? "")
      }
    default: break
    }
    throw wrong(1, "rows", expected: "pictures (uint8 [3, H, W]) or {picture, \"caption\"} in each row")
  }
}
