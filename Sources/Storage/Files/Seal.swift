/// Guards the bytes of our files against damage: a table behind the content, which HDF5 and others ignore, with a checksum
/// for each dataset's bytes and one for all the rest, that is names, shapes, types, attributes and texts.
///
/// HDF5 has no checksum of its own in its oldest format, and a damaged file can keep the library busy forever: the rest is
/// checked before the library sees it, a dataset when it is read. A file without a seal comes from elsewhere, or was changed
/// by another program since, which cuts it off.
///
/// Numbers are of 64 bits, little-endian. Number of parts; for each part the length of its name, the name, the number of its
/// ranges, their starts and lengths, its hash; the hash of the rest; length of all that; length of the content; hash of the
/// table with both lengths; `telparts`.
struct Seal {
  struct Part {
    let name: String
    /// Where its bytes lie in the content.
    let ranges: [Range<Int>]
    let hash: UInt64
  }

  let parts: [Part]
  /// The hash of what belongs to no part.
  let rest: UInt64
  let contentCount: Int

  private static let magic = Array("telparts".utf8)
  /// Of the table's fixed end.
  private static let footerBytes = 32

  /// Seals content whose datasets lie at `ranges`.
  init(_ content: UnsafeRawBufferPointer, _ ranges: [(name: String, ranges: [Range<Int>])]) {
    contentCount = content.count
    parts = ranges.map { Part(name: $0.name, ranges: $0.ranges, hash: Checksum.hash(content, $0.ranges)) }
    rest = Checksum.hash(content, Self.gaps(in: content.count, between: parts))
  }

  /// Whether all that belongs to no part is as it was.
  func holdsForRest(of content: UnsafeRawBufferPointer) -> Bool {
    Checksum.hash(content, Self.gaps(in: contentCount, between: parts)) == rest
  }

  func holds(for part: Part, of content: UnsafeRawBufferPointer) -> Bool {
    Checksum.hash(content, part.ranges) == part.hash
  }

  private static func gaps(in count: Int, between parts: [Part]) -> [Range<Int>] {
    var (gaps, position) = ([Range<Int>](), 0)
    for range in parts.flatMap(\.ranges).sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if range.lowerBound > position { gaps.append(position..<range.lowerBound) }
      position = max(position, range.upperBound)
    }
    if position < count { gaps.append(position..<count) }
    return gaps
  }

  /// What stands behind the content.
  var bytes: [UInt8] {
    var table: [UInt8] = []
    func add(_ number: Int) { table += UInt64(number).littleEndianBytes }
    add(parts.count)
    for part in parts {
      add(part.name.utf8.count)
      table += part.name.utf8
      add(part.ranges.count)
      for range in part.ranges {
        add(range.lowerBound)
        add(range.count)
      }
      table += part.hash.littleEndianBytes
    }
    table += rest.littleEndianBytes
    add(table.count)
    add(contentCount)
    return table + table.withUnsafeBytes { Checksum.hash($0) }.littleEndianBytes + Self.magic
  }
}

extension Seal {
  /// How a file ends.
  enum Found {
    case none
    case whole(Seal)
    /// There was a seal, and it can't be made out any more.
    case damaged
    /// The one checksum that files had before they had parts.
    case single(contentCount: Int, isWhole: Bool)
  }

  static func find(in file: FileBytes) -> Found {
    let end = file.count - footerBytes
    guard end >= 0, file.buffer[(file.count - 8)...].elementsEqual(magic) else { return findSingle(in: file.buffer) }
    do {
      var reader = ByteReader(file, end..<file.count)
      let (tableCount, contentCount) = (try reader.count64(), try reader.count64())
      guard tableCount <= end, contentCount == end - tableCount else { return .damaged }
      let table = UnsafeRawBufferPointer(rebasing: file.buffer[contentCount..<end + 16])
      guard try reader.number(UInt64.self) == Checksum.hash(table) else { return .damaged }
      var entries = ByteReader(file, contentCount..<end)
      return .whole(try Seal(from: &entries, contentCount: contentCount))
    } catch {
      return .damaged
    }
  }

  private init(from reader: inout ByteReader, contentCount: Int) throws {
    self.contentCount = contentCount
    var parts: [Part] = []
    var left = contentCount
    for _ in 0..<(try reader.count64()) {
      let name = try reader.text(try reader.count64())
      var ranges: [Range<Int>] = []
      for _ in 0..<(try reader.count64()) {
        let (start, count) = (try reader.count64(), try reader.count64())
        // No byte belongs to two parts, so that checking all of them reads the file once.
        left -= min(left + 1, count)
        guard left >= 0, start <= contentCount, count <= contentCount - start else {
          throw ByteReader.EndReached(offset: start, wanted: count)
        }
        ranges.append(start..<start + count)
      }
      parts.append(Part(name: name, ranges: ranges, hash: try reader.number()))
    }
    (self.parts, rest) = (parts, try reader.number())
  }

  /// `telcheck`, the content's length and its hash.
  private static func findSingle(in file: UnsafeRawBufferPointer) -> Found {
    let count = file.count - 24
    guard count >= 0, file[count..<count + 8].elementsEqual(Array("telcheck".utf8)) else { return .none }
    let length = file.loadUnaligned(fromByteOffset: count + 8, as: UInt64.self).littleEndian
    let expected = file.loadUnaligned(fromByteOffset: count + 16, as: UInt64.self).littleEndian
    let content = UnsafeRawBufferPointer(rebasing: file[..<count])
    return .single(contentCount: count, isWhole: length == UInt64(count) && Checksum.hash(content) == expected)
  }
}
