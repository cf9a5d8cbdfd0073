import Tensors

/// Which samples a run saw: their names, the sizes of their files, and a hash of that list.
///
/// Another list shows in the hash; a pixel changed within a file of the same size doesn't.
public struct DataRecord: Sendable, Equatable {
  public var names: [String]
  /// Bytes of each sample's files; 0 for what is made and not read.
  public var bytes: [Int]
  public var classes: [String]

  public init(names: [String], bytes: [Int], classes: [String]) {
    (self.names, self.bytes, self.classes) = (names, bytes, classes)
  }

  /// 64 bits over the names of samples and classes, and the sizes, in their order, in hexadecimal.
  public var fingerprint: String {
    var hash = RandomStream.mix(UInt64(names.count))
    for (name, bytes) in zip(names, bytes) {
      hash = RandomStream.mix(hash ^ RandomStream.hash(name))
      hash = RandomStream.mix(hash ^ UInt64(bytes))
    }
    for name in classes { hash = RandomStream.mix(hash ^ RandomStream.hash(name)) }
    let text = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - text.count) + text
  }

  /// Stores `names`, `bytes` (int64) and `classes` under `path`, with the attributes `samples` and `fingerprint`.
  func write(to file: HDF5File, _ path: String) throws {
    try file.write(path + "/names", names)
    try file.write(path + "/bytes", Tensor(bytes.map { Int64($0) }, shape: [bytes.count]), compressed: true)
    try file.write(path + "/classes", classes)
    try file.setAttribute("samples", of: path, .integer(names.count))
    try file.setAttribute("fingerprint", of: path, .string(fingerprint))
  }

  init(from file: HDF5File, _ path: String) throws {
    let bytes = try file.read(path + "/bytes")
    guard bytes.type == .int64 else {
      throw FormatError.content(file: file.name, what: "\(path)/bytes is no list of sizes")
    }
    self.init(
      names: try file.readStrings(path + "/names"), bytes: bytes.array(of: Int64.self).map { Int(clamping: $0) },
      classes: try file.readStrings(path + "/classes"))
    guard names.count == self.bytes.count, self.bytes.allSatisfy({ $0 >= 0 }) else {
      throw FormatError.content(file: file.name, what: "\(path)/bytes doesn't fit \(path)/names")
    }
  }
}
