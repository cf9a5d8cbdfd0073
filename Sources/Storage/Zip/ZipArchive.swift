/// A zip archive. Entries that are stored as they are can be used where they lie in the file.
///
/// All that can be checked without reading the entries is checked when it is opened: they lie within the file, apart from
/// each other, under different names.
public struct ZipArchive: Sendable {
  /// A file in the archive.
  struct Entry: Sendable {
    let name: String
    /// Where its bytes are in the archive, as they are packed.
    let range: Range<Int>
    /// Bytes of the file when it is unpacked.
    let size: Int
    let isDeflated: Bool
    let checksum: UInt32
  }

  let file: FileBytes
  /// In the order of the directory.
  let entries: [Entry]
  private let indices: [String: Int]

  /// What every archive begins with that has an entry.
  static let signature: [UInt8] = [0x50, 0x4b, 0x03, 0x04]

  /// - Parameter allowsDeflated: whether entries may be compressed; the storages of weights may not.
  /// - Throws: `ZipError`.
  public init(_ file: FileBytes, allowsDeflated: Bool) throws {
    self.file = file
    do {
      var directory = try ZipDirectory(file, allowsDeflated: allowsDeflated)
      entries = try directory.entries()
      // Their headers are spread over the file: looking at them brought much of it into memory.
      file.letGo(of: 0..<file.count)
    } catch let end as ByteReader.EndReached {
      throw ZipError.structure(
        file: file.path, offset: end.offset, reason: "it ends where \(end.wanted) bytes are announced")
    }
    indices = Dictionary(entries.enumerated().map { ($1.name, $0) }) { first, _ in first }
  }

  /// The file of the archive.
  public var path: String { file.path }

  /// Names of the entries in the order of the directory; those of folders end in a slash.
  public var names: [String] { entries.map(\.name) }

  /// - Throws: `ZipError.noEntry`.
  func entry(_ name: String) throws -> Entry {
    guard let index = indices[name] else { throw ZipError.noEntry(file: file.path, entry: name) }
    return entries[index]
  }

  /// Bytes that are looked at before memory for them is given back.
  static let stretch = 8 << 20

  /// Compares the bytes of an entry with its checksum.
  /// - Throws: `ZipError.damaged`.
  func verify(_ entry: Entry) throws {
    var checksum = CRC32()
    var start = entry.range.lowerBound
    while start < entry.range.upperBound {
      let part = start..<min(start + Self.stretch, entry.range.upperBound)
      file.withBytes { checksum.add(UnsafeRawBufferPointer(rebasing: $0[part])) }
      if entry.range.count > Self.stretch { file.letGo(of: part) }
      start = part.upperBound
    }
    guard checksum.value == entry.checksum else { throw ZipError.damaged(file: file.path, entry: entry.name) }
  }

  /// The unpacked and checked bytes of an entry; memory is taken for no more than `limit`.
  /// - Throws: `ZipError`.
  public func content(_ name: String, atMost limit: Int) throws -> [UInt8] {
    let entry = try entry(name)
    guard entry.size <= limit else {
      throw ZipError.tooLarge(file: file.path, entry: name, size: entry.size, limit: limit)
    }
    let content = file.withBytes { bytes in
      let packed = UnsafeRawBufferPointer(rebasing: bytes[entry.range])
      return entry.isDeflated ? Inflate.unpack(packed, to: entry.size, .bare) : Array(packed)
    }
    var checksum = CRC32()
    content?.withUnsafeBytes { checksum.add($0) }
    guard let content, checksum.value == entry.checksum else {
      throw ZipError.damaged(file: file.path, entry: name)
    }
    return content
  }
}
