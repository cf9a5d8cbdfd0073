import Autograd
import Datasets
import Storage
import Tensors

/// A value that belongs to the interpreter's thread. Whoever wraps it promises that it is used on no other:
/// data sets and augmentations with functions in them require the caller's thread.
struct OnInterpreter<Value>: @unchecked Sendable {
  let value: Value
  init(_ value: Value) { self.value = value }
}

extension Sample {
  /// The sample as Lua sees it: image uint8 [3, H, W] RGB, labels int32 [H, W] with -1 for none, name, brightness.
  func table(in state: LuaState) throws -> LuaTable {
    let table = LuaTable(in: state)
    table.set("image", Variable(try image.planes()))
    let classes = labels.pixels.map { $0 == Sample.unlabelled ? Int32(-1) : Int32($0) }
    table.set("labels", Variable(Tensor(classes, shape: [labels.height, labels.width])))
    table.set("name", name)
    table.set("brightness", brightness)
    return table
  }

  /// A sample from what a script gives: `{image=, labels=, name=}`.
  /// - Parameters:
  ///   - function: what errors call the function that gave it.
  ///   - name: used where the script gives none.
  init(_ value: LuaValue, from function: String, at site: SourceSite?, name: String) throws {
    func wrong(_ key: String, _ found: String, _ expected: String) -> ScriptError {
      .field(function: "\(function), sample \(name)", path: key, found: found, expected: expected, site: site)
    }
    guard case .table(let table) = value else {
      throw ScriptError.result(
        function: function, found: value.shown, expected: "a table {image=, labels=, name=}", site: site)
    }
    guard let image: Variable = table.value("image"), let pixels = try image.value.image8(channels: 3) else {
      let found = table.value("image", as: Variable.self).map { "\($0.type.rawValue) \($0.shape)" }
      throw wrong("image", found ?? table["image"].shown, "a uint8 tensor [3, H, W], RGB")
    }
    guard let labels: Variable = table.value("labels"), let classes = try labels.value.labels8() else {
      let found = table.value("labels", as: Variable.self).map { "\($0.type.rawValue) \($0.shape)" }
      throw wrong(
        "labels", found ?? table["labels"].shown, "an integer tensor [H, W], classes from 0 to 254, -1 for none")
    }
    self.init(image: pixels, labels: classes, name: table.value("name") ?? name)
    brightness = table.value("brightness") ?? 0
  }
}

extension Tensor {
  /// Bytes [C, H, W] as an image; nil for any other tensor.
  fileprivate func image8(channels: Int) throws -> Image8? {
    guard type == .uint8, rank == 3, shape[0] == channels, shape[1] > 0, shape[2] > 0 else { return nil }
    return Image8(
      width: shape[2], height: shape[1], channels: channels, pixels: try permuted([1, 2, 0]).array(of: UInt8.self))
  }

  /// Integers [H, W] as labels, negative ones as unlabelled; nil for any other tensor and for classes that are too high.
  fileprivate func labels8() throws -> Image8? {
    guard !type.isFloating, rank == 2, shape[0] > 0, shape[1] > 0 else { return nil }
    if type == .uint8 { return Image8(width: shape[1], height: shape[0], channels: 1, pixels: array(of: UInt8.self)) }
    let values = array(of: Int64.self)
    guard values.allSatisfy({ $0 < Int64(Sample.unlabelled) }) else { return nil }
    let pixels = values.map { $0 < 0 ? Sample.unlabelled : UInt8($0) }
    return Image8(width: shape[1], height: shape[0], channels: 1, pixels: pixels)
  }
}
