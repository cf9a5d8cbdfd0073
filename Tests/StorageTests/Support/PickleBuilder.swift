/// Makes pickles instruction by instruction: `PickleBuilder().mark.integer(1).op("t").end`.
struct PickleBuilder {
  private(set) var bytes: [UInt8] = [0x80, 2]

  /// The pickle, ended.
  var end: [UInt8] { bytes + [UInt8(ascii: ".")] }
  var mark: PickleBuilder { op("(") }

  /// Instructions without arguments that are characters.
  func op(_ codes: String, times: Int = 1) -> PickleBuilder { raw((0..<times).flatMap { _ in Array(codes.utf8) }) }

  func raw(_ content: [UInt8]) -> PickleBuilder {
    var result = self
    result.bytes += content
    return result
  }

  private func number<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }

  func text(_ text: String) -> PickleBuilder { op("X").raw(number(UInt32(text.utf8.count)) + Array(text.utf8)) }

  /// `LONG1` of eight bytes.
  func integer(_ value: Int) -> PickleBuilder { raw([0x8a, 8] + number(Int64(value))) }

  func integers(_ values: [Int]) -> PickleBuilder { values.reduce(mark) { $0.integer($1) }.op("t") }

  func number(_ value: Double) -> PickleBuilder { op("G").raw(number(value.bitPattern).reversed()) }

  func global(_ module: String, _ name: String) -> PickleBuilder { op("c\(module)\n\(name)\n") }

  func put(_ index: Int) -> PickleBuilder { op("r").raw(number(UInt32(index))) }
  func get(_ index: Int) -> PickleBuilder { op("j").raw(number(UInt32(index))) }

  func storage(_ key: String, count: Int, _ type: String = "FloatStorage", module: String = "torch") -> PickleBuilder {
    mark.text("storage").global(module, type).text(key).text("cpu").integer(count).op("tQ")
  }

  /// A tensor on a storage of its own description.
  func tensor(
    _ key: String, count: Int, shape: [Int], strides: [Int], offset: Int = 0, _ type: String = "FloatStorage"
  ) -> PickleBuilder {
    global("torch._utils", "_rebuild_tensor_v2").mark.storage(key, count: count, type).integer(offset).integers(shape)
      .integers(strides).raw([0x89]).global("collections", "OrderedDict").op(")RtR")
  }

  /// A file of PyTorch's old format.
  static func legacy(
    _ pickle: [UInt8], storages: [(key: String, count: Int, content: [UInt8])] = [], version: Int = 1001,
    littleEndian: Bool = true
  ) -> [UInt8] {
    let magic: [UInt8] = [0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e]
    let system = PickleBuilder().op("}").text("little_endian").raw([littleEndian ? 0x88 : 0x89]).op("s").end
    let keys = storages.reduce(PickleBuilder().op("](")) { $0.text($1.key) }.op("e").end
    var file = magic + PickleBuilder().integer(version).end + system + pickle + keys
    for storage in storages {
      file += withUnsafeBytes(of: Int64(storage.count).littleEndian) { Array($0) } + storage.content
    }
    return file
  }
}
