/// Makes zip archives byte by byte, right ones and wrong ones.
public struct ZipBuilder {
  public struct Entry {
    public var name: String
    /// The bytes in the archive.
    public var content: [UInt8]
    public var method = 0
    public var flags = 0
    /// The right one for a stored entry if nil.
    public var checksum: UInt32?
    /// The size that is announced, if not that of `content`.
    public var size: Int?
    /// Sizes and offsets in 64 bits.
    public var isWide = false

    /// A stored entry.
    public init(name: String, content: [UInt8]) { (self.name, self.content) = (name, content) }

    /// A deflated entry; `packed` is what `content` becomes.
    public init(name: String, content: [UInt8], packed: [UInt8]) {
      self.init(name: name, content: packed)
      (method, checksum, size) = (8, ZipBuilder.checksum(content), content.count)
    }
  }

  public var entries: [Entry] = []
  public var comment: [UInt8] = []
  /// Adds the records with 64-bit numbers, as torch does.
  public var isWide = true
  /// What the end record says instead of the true number of entries.
  public var announced: Int?

  public init(_ entries: [Entry]) { self.entries = entries }

  /// As torch.save writes it: the pickle, the byte order and the storages.
  public init(pickle: [UInt8] = [], storages: [String: [UInt8]] = [:], byteOrder: String? = "little") {
    entries.append(Entry(name: "archive/data.pkl", content: pickle))
    if let byteOrder { entries.append(Entry(name: "archive/byteorder", content: Array(byteOrder.utf8))) }
    for (key, content) in storages.sorted(by: { $0.key < $1.key }) {
      entries.append(Entry(name: "archive/data/" + key, content: content))
    }
  }

  public func bytes() -> [UInt8] {
    var file: [UInt8] = []
    var directory: [UInt8] = []
    for entry in entries {
      let offset = file.count
      let name = Array(entry.name.utf8)
      let checksum = number(Int(entry.checksum ?? Self.checksum(entry.content)), 4)
      let common = number(entry.flags, 2) + number(entry.method, 2) + number(0, 4) + checksum
      let announced = entry.size ?? entry.content.count
      // The directory's numbers count; those before the content may be missing.
      file += [0x50, 0x4b, 3, 4] + number(20, 2) + common + number(0, 8) + number(name.count, 2) + number(5, 2) + name
      file += [UInt8](repeating: 0, count: 5) + entry.content
      let none = [UInt8](repeating: 0xff, count: 4)
      let extra =
        entry.isWide
        ? number(99, 2) + number(2, 2) + number(0, 2) + number(1, 2) + number(24, 2) + number(announced, 8)
          + number(entry.content.count, 8) + number(offset, 8) : []
      directory += [0x50, 0x4b, 1, 2] + number(20, 2) + number(20, 2) + common
      directory += entry.isWide ? none + none : number(entry.content.count, 4) + number(announced, 4)
      directory += number(name.count, 2) + number(extra.count, 2) + number(0, 2) + number(0, 8)
      directory += (entry.isWide ? none : number(offset, 4)) + name + extra
    }
    let start = file.count
    let count = announced ?? entries.count
    file += directory
    if isWide {
      let record = file.count
      file += [0x50, 0x4b, 6, 6] + number(44, 8) + number(0, 12) + number(count, 8) + number(count, 8)
      file += number(directory.count, 8) + number(start, 8)
      file += [0x50, 0x4b, 6, 7] + number(0, 4) + number(record, 8) + number(1, 4)
    }
    file += [0x50, 0x4b, 5, 6] + number(0, 4) + number(count, 2) + number(count, 2)
    return file + number(directory.count, 4) + number(start, 4) + number(comment.count, 2) + comment
  }

  private func number(_ value: Int, _ bytes: Int) -> [UInt8] {
    (0..<bytes).map { $0 < 8 ? UInt8(truncatingIfNeeded: value >> (8 * $0)) : 0 }
  }

  /// CRC-32, bit by bit.
  public static func checksum(_ bytes: [UInt8]) -> UInt32 {
    var crc: UInt32 = 0xffff_ffff
    for byte in bytes {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? 0xedb8_8320 ^ crc >> 1 : crc >> 1 }
    }
    return ~crc
  }
}
