/// The zip format: `NAME/data.pkl` holds the pickled objects, `NAME/data/KEY` the storages, `NAME/byteorder` the byte order.
extension PyTorchFile {
  static func readZip(_ file: FileBytes) throws -> PyTorchValue {
    let archive = try ZipArchive(file, allowsDeflated: false)
    let folder = archive.entries.first?.name.prefix { $0 != "/" } ?? ""
    guard let pickle = try? archive.entry("\(folder)/data.pkl") else { throw PyTorchError.notPyTorch(file: file.path) }
    try checkByteOrder(archive, "\(folder)/byteorder")
    try archive.verify(pickle)
    var machine = PickleMachine(file, pickle.range)
    let root = try machine.run()
    let storages = try machine.storages.map { declaration in
      let entry = try archive.entry("\(folder)/data/\(declaration.key)")
      guard entry.range.count == declaration.byteCount else {
        throw PyTorchError.storage(
          file: file.path, key: declaration.key,
          reason: "has \(entry.range.count) bytes, but \(declaration.byteCount) are announced")
      }
      return PyTorchStorage(archive, entry, key: declaration.key)
    }
    var conversion = PickleConversion(machine, storages: storages, file: file.path)
    return try conversion.value(of: root)
  }

  /// Files without the entry are older than it, and little-endian.
  private static func checkByteOrder(_ archive: ZipArchive, _ name: String) throws {
    guard let entry = try? archive.entry(name) else { return }
    try archive.verify(entry)
    let order = archive.file.withBytes { String(decoding: $0[entry.range].prefix(16), as: UTF8.self) }
    if order == "big" { throw PyTorchError.bigEndian(file: archive.file.path) }
    guard order == "little" else {
      throw PyTorchError.pickle(
        file: archive.file.path, offset: entry.range.lowerBound, reason: "the byte order is neither little nor big")
    }
  }
}
