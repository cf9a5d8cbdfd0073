/// Reads the directory at the end of a zip archive (PKWARE's APPNOTE 4.3, with the 64-bit records that torch always writes).
struct ZipDirectory {
  private let file: FileBytes
  /// Where the directory lies, and how many entries it has.
  private let range: Range<Int>
  private let count: Int
  private let allowsDeflated: Bool

  /// Finds the directory.
  /// - Throws: `ZipError`, `ByteReader.EndReached`.
  init(_ file: FileBytes, allowsDeflated: Bool) throws {
    (self.file, self.allowsDeflated) = (file, allowsDeflated)
    guard let end = Self.endRecord(file) else {
      throw ZipError.structure(
        file: file.path, offset: file.count, reason: "there is no directory at its end, so it was cut off")
    }
    var reader = ByteReader(file, end + 4..<file.count)
    let (disk, firstDisk) = (try reader.number(UInt16.self), try reader.number(UInt16.self))
    let countHere = Int(try reader.number(UInt16.self))
    var count = Int(try reader.number(UInt16.self))
    var size = Int(try reader.number(UInt32.self))
    var offset = Int(try reader.number(UInt32.self))
    var limit = end
    if let wide = try Self.wideEndRecord(file, before: end) {
      (count, size, offset, limit) = (wide.count, wide.size, wide.offset, wide.at)
    } else if disk != 0 || firstDisk != 0 || countHere != count {
      throw ZipError.structure(file: file.path, offset: end, reason: "the archive has several parts")
    }
    let (sum, overflow) = offset.addingReportingOverflow(size)
    guard !overflow, sum <= limit else {
      throw ZipError.structure(file: file.path, offset: end, reason: "the directory lies outside the file")
    }
    (range, self.count) = (offset..<sum, count)
  }

  /// Where the record begins that ends the archive: it holds the length of the comment that follows.
  private static func endRecord(_ file: FileBytes) -> Int? {
    let size = 22
    guard file.count >= size else { return nil }
    return file.withBytes { bytes in
      for at in stride(from: file.count - size, through: max(0, file.count - size - 0xffff), by: -1)
      where bytes[at] == 0x50 && bytes[at + 1] == 0x4b && bytes[at + 2] == 0x05 && bytes[at + 3] == 0x06 {
        if at + size + Int(bytes[at + 20]) + Int(bytes[at + 21]) << 8 == file.count { return at }
      }
      return nil
    }
  }

  /// The record with 64-bit numbers, if a locator right before the end record leads to one.
  private static func wideEndRecord(
    _ file: FileBytes, before end: Int
  ) throws -> (count: Int, size: Int, offset: Int, at: Int)? {
    guard end >= 20 else { return nil }
    var locator = ByteReader(file, end - 20..<end)
    guard try locator.number(UInt32.self) == 0x0706_4b50 else { return nil }
    _ = try locator.skip(4)
    let at = try locator.count64()
    guard at <= end - 20 else {
      throw ZipError.structure(file: file.path, offset: end - 20, reason: "its end record lies outside the file")
    }
    var record = ByteReader(file, at..<end - 20)
    guard try record.number(UInt32.self) == 0x0606_4b50 else {
      throw ZipError.structure(file: file.path, offset: at, reason: "no end record is where it should be")
    }
    _ = try record.skip(28)
    return (try record.count64(), try record.count64(), try record.count64(), at)
  }

  /// All entries in their order, with what can be checked about them checked.
  mutating func entries() throws -> [ZipArchive.Entry] {
    var reader = ByteReader(file, range)
    var (entries, names): ([ZipArchive.Entry], Set<String>) = ([], [])
    /// From the start of each entry's own header to the end of its bytes.
    var spans: [Range<Int>] = []
    while reader.remaining > 0 {
      let at = reader.position
      let (entry, header) = try entry(&reader)
      guard names.insert(entry.name).inserted else {
        throw ZipError.structure(file: file.path, offset: at, reason: "two entries are named \(entry.name)")
      }
      entries.append(entry)
      spans.append(header..<entry.range.upperBound)
    }
    guard entries.count == count else {
      throw ZipError.structure(
        file: file.path, offset: range.upperBound, reason: "\(entries.count) entries are listed, \(count) announced")
    }
    spans.sort { $0.lowerBound < $1.lowerBound }
    // Archives that unpack to more than their size share bytes among entries.
    var free = 0
    for span in spans {
      guard span.lowerBound >= free else {
        throw ZipError.structure(file: file.path, offset: span.lowerBound, reason: "two entries overlap")
      }
      free = span.upperBound
    }
    return entries
  }

  private func entry(_ reader: inout ByteReader) throws -> (ZipArchive.Entry, header: Int) {
    let at = reader.position
    guard try reader.number(UInt32.self) == 0x0201_4b50 else {
      throw ZipError.structure(file: file.path, offset: at, reason: "no entry of the directory is where it should be")
    }
    _ = try reader.skip(4)
    let (flags, method) = (try reader.number(UInt16.self), try reader.number(UInt16.self))
    _ = try reader.skip(4)
    let checksum = try reader.number(UInt32.self)
    var (packed, size) = (Int(try reader.number(UInt32.self)), Int(try reader.number(UInt32.self)))
    let (nameCount, extraCount) = (Int(try reader.number(UInt16.self)), Int(try reader.number(UInt16.self)))
    let commentCount = Int(try reader.number(UInt16.self))
    _ = try reader.skip(8)
    var header = Int(try reader.number(UInt32.self))
    let name = try reader.text(nameCount)
    try widen(try reader.skip(extraCount), &size, &packed, &header)
    _ = try reader.skip(commentCount)
    let isDeflated = method == 8 && allowsDeflated
    if flags & 1 != 0 || method != 0 && !isDeflated {
      throw ZipError.unsupported(
        file: file.path, entry: name, feature: flags & 1 != 0 ? "encrypted" : "compressed", isWeights: !allowsDeflated)
    }
    guard packed == size || isDeflated && Inflate.isPossible(size, from: packed), header < range.lowerBound else {
      throw ZipError.structure(file: file.path, offset: at, reason: "the entry \(name) contradicts itself")
    }
    // The entry's own header repeats what the directory says, but its extra field has a length of its own.
    var own = ByteReader(file, header..<range.lowerBound)
    guard try own.number(UInt32.self) == 0x0403_4b50 else {
      throw ZipError.structure(file: file.path, offset: header, reason: "the entry \(name) isn't where it should be")
    }
    _ = try own.skip(22)
    let names = Int(try own.number(UInt16.self)) + Int(try own.number(UInt16.self))
    _ = try own.skip(names)
    let bytes = try own.skip(packed)
    return (
      ZipArchive.Entry(name: name, range: bytes, size: size, isDeflated: isDeflated, checksum: checksum), header
    )
  }

  /// Replaces numbers that didn't fit into 32 bits by those in the extra field of kind 1, which holds only such, in order.
  private func widen(_ extra: Range<Int>, _ size: inout Int, _ packed: inout Int, _ header: inout Int) throws {
    let missing = Int(UInt32.max)
    guard size == missing || packed == missing || header == missing else { return }
    var reader = ByteReader(file, extra)
    while reader.remaining > 0 {
      let kind = try reader.number(UInt16.self)
      let content = try reader.skip(Int(try reader.number(UInt16.self)))
      guard kind == 1 else { continue }
      var wide = ByteReader(file, content)
      if size == missing { size = try wide.count64() }
      if packed == missing { packed = try wide.count64() }
      if header == missing { header = try wide.count64() }
      return
    }
  }
}
