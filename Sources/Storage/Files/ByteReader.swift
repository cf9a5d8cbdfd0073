/// Reads numbers and text from a part of a file, one after the other, and never past the part's end.
struct ByteReader {
  /// Something was to be read that reaches past the end.
  struct EndReached: Error {
    /// Where it began, counted from the start of the file.
    let offset: Int
    let wanted: Int
  }

  let file: FileBytes
  /// Counted from the start of the file.
  private(set) var position: Int
  let end: Int

  /// A reader of `range`, which lies within the file.
  init(_ file: FileBytes, _ range: Range<Int>) {
    precondition(range.lowerBound >= 0 && range.upperBound <= file.count)
    (self.file, position, end) = (file, range.lowerBound, range.upperBound)
  }

  var remaining: Int { end - position }

  /// Steps over `count` bytes and says where they are.
  mutating func skip(_ count: Int) throws(EndReached) -> Range<Int> {
    guard count >= 0, count <= remaining else { throw EndReached(offset: position, wanted: max(0, count)) }
    position += count
    return position - count..<position
  }

  /// The next little-endian number.
  mutating func number<T: FixedWidthInteger & BitwiseCopyable>(_: T.Type = T.self) throws(EndReached) -> T {
    let range = try skip(MemoryLayout<T>.size)
    return T(littleEndian: file.withBytes { $0.loadUnaligned(fromByteOffset: range.lowerBound, as: T.self) })
  }

  /// The next length or offset of 64 bits; larger ones than any file count as the end reached.
  mutating func count64() throws(EndReached) -> Int {
    let start = position
    guard let count = Int(exactly: try number(UInt64.self)) else { throw EndReached(offset: start, wanted: .max) }
    return count
  }

  /// The next `count` bytes.
  mutating func bytes(_ count: Int) throws(EndReached) -> [UInt8] {
    let range = try skip(count)
    return file.withBytes { Array($0[range]) }
  }

  /// The next `count` bytes as UTF-8; what is invalid is repaired.
  mutating func text(_ count: Int) throws(EndReached) -> String {
    let range = try skip(count)
    return file.withBytes { String(decoding: $0[range], as: UTF8.self) }
  }

  /// Text up to the next line feed, which is stepped over.
  mutating func line() throws(EndReached) -> String {
    let length = file.withBytes { bytes in bytes[position..<end].firstIndex(of: 0x0a).map { $0 - position } }
    guard let length else { throw EndReached(offset: position, wanted: remaining + 1) }
    let result = try text(length)
    position += 1
    return result
  }
}
