/// The format of PyTorch before 1.6: pickles of a magic number, a version, the machine's properties, the objects and the keys
/// of the storages, and then each storage: the count of its numbers in 64 bits, and the numbers.
extension PyTorchFile {
  /// 0x1950a86a20f9469cfc6c, which is beyond 64 bits.
  private static let magicNumber = "119547037146038801333356"
  private static let version = 1001

  static func readLegacy(_ file: FileBytes) throws -> PyTorchValue {
    var position = 0
    guard case .largeInteger(magicNumber) = try plain(file, &position) else {
      throw PyTorchError.notPyTorch(file: file.path)
    }
    var start = position
    guard case .integer(version) = try plain(file, &position) else {
      throw PyTorchError.pickle(
        file: file.path, offset: start, reason: "the version isn't \(version), the only one that PyTorch ever wrote")
    }
    start = position
    switch try plain(file, &position)["little_endian"] {
    case .boolean(true): break
    case .boolean(false): throw PyTorchError.bigEndian(file: file.path)
    default: throw PyTorchError.pickle(file: file.path, offset: start, reason: "the machine's byte order isn't told")
    }
    var machine = PickleMachine(file, position..<file.count)
    let root = try machine.run()
    position = machine.reader.position
    let storages = try storages(file, &position, machine.storages)
    // Looking for the storages brought much of the file into memory.
    file.letGo(of: 0..<file.count)
    var conversion = PickleConversion(machine, storages: storages, file: file.path)
    return try conversion.value(of: root)
  }

  /// Reads a pickle that has no tensors.
  private static func plain(_ file: FileBytes, _ position: inout Int) throws -> PyTorchValue {
    let start = position
    var machine = PickleMachine(file, position..<file.count)
    let root = try machine.run()
    position = machine.reader.position
    guard machine.storages.isEmpty else {
      throw PyTorchError.pickle(file: file.path, offset: start, reason: "there are tensors where none belong")
    }
    var conversion = PickleConversion(machine, storages: [], file: file.path)
    return try conversion.value(of: root)
  }

  /// Finds the storages behind the pickles, in the order of their keys, and gives them in the order of `declarations`.
  private static func storages(
    _ file: FileBytes, _ position: inout Int, _ declarations: [StorageDeclaration]
  ) throws -> [PyTorchStorage] {
    let start = position
    guard case .list(let keys) = try plain(file, &position) else {
      throw PyTorchError.pickle(file: file.path, offset: start, reason: "there is no list of the storages' keys")
    }
    let declared = Dictionary(uniqueKeysWithValues: declarations.map { ($0.key, $0) })
    var found: [String: PyTorchStorage] = [:]
    var reader = ByteReader(file, position..<file.count)
    for key in keys {
      guard case .text(let key) = key, let declaration = declared[key], found[key] == nil else {
        throw PyTorchError.pickle(
          file: file.path, offset: start, reason: "the storages' keys aren't those of the tensors before them")
      }
      do {
        let count = try reader.count64()
        guard count == declaration.count else {
          throw PyTorchError.storage(
            file: file.path, key: key, reason: "has \(count) numbers, but \(declaration.count) are announced")
        }
        found[key] = PyTorchStorage(file, key: key, range: try reader.skip(declaration.byteCount))
      } catch let end as ByteReader.EndReached {
        throw PyTorchError.storage(
          file: file.path, key: key,
          reason: "needs \(end.wanted) bytes at byte \(end.offset), but the file ends at byte \(file.count)")
      }
    }
    return try declarations.map { declaration in
      guard let storage = found[declaration.key] else {
        throw PyTorchError.storage(file: file.path, key: declaration.key, reason: "isn't in the file")
      }
      return storage
    }
  }
}
