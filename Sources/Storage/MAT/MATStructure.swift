/// Checks the structure of a MAT file of version 5 (MathWorks' "MAT-File Format") before libmatio sees it, which takes memory
/// for what sizes in the file announce: every element lies within the one around it, and holds what its dimensions say.
struct MATStructure {
  /// Bytes before the first variable.
  static let headerBytes = 128
  /// A compressed variable that unpacks to more is refused.
  static let largestVariable = 1 << 24
  /// Arrays within arrays, and names of fields: libmatio takes memory for each. Files of SBD have some 25.
  private static let mostParts = 10_000

  private let file: String
  /// Where the bytes that are looked at lie in the file, as errors have it.
  private let origin: Int
  private let bytes: UnsafeRawBufferPointer
  /// See `mostParts`.
  private var parts = 0

  private init(file: String, origin: Int, bytes: UnsafeRawBufferPointer) {
    (self.file, self.origin, self.bytes) = (file, origin, bytes)
  }

  private enum Kind {
    static let (characters, naturals, integers, matrix, compressed): (UInt32, UInt32, UInt32, UInt32, UInt32) =
      (1, 6, 5, 14, 15)
    /// Bytes of one number of a type; nil for what is no type of numbers or characters.
    static func size(_ type: UInt32) -> Int? {
      switch type {
      case 1, 2, 16: 1
      case 3, 4, 17: 2
      case 5, 6, 7, 18: 4
      case 9, 12, 13: 8
      default: nil
      }
    }
  }

  private struct Element {
    let type: UInt32
    /// Where its content is in `bytes`.
    let content: Range<Int>
    /// Where the next element begins.
    let next: Int
  }

  /// - Throws: `MATError`
  static func check(_ file: FileBytes) throws {
    try file.withBytes { bytes in
      guard bytes.count >= headerBytes else {
        throw MATError.notReadable(file: file.path, reason: "it ends within its header")
      }
      let version = bytes.loadUnaligned(fromByteOffset: 124, as: UInt16.self).littleEndian
      guard bytes[126] == UInt8(ascii: "I"), bytes[127] == UInt8(ascii: "M") else {
        let isBig = bytes[126] == UInt8(ascii: "M") && bytes[127] == UInt8(ascii: "I")
        throw MATError.notReadable(
          file: file.path, reason: isBig ? "it was written by a big-endian machine" : "its header is none of a MAT file"
        )
      }
      guard version == 0x0100 else {
        throw MATError.notReadable(
          file: file.path, reason: version == 0x0200 ? "it is of version 7.3, an HDF5 file" : "its version is unknown")
      }
      var structure = MATStructure(file: file.path, origin: 0, bytes: bytes)
      var position = headerBytes
      while position < bytes.count {
        let element = try structure.element(at: position, end: bytes.count)
        if element.type == Kind.compressed {
          try checkCompressed(file.path, UnsafeRawBufferPointer(rebasing: bytes[element.content]), at: position)
          // Compressed elements are not filled up to eight bytes.
          position = element.content.upperBound
        } else {
          try structure.matrix(element, depth: 0)
          position = element.next
        }
      }
    }
  }

  private static func checkCompressed(_ file: String, _ packed: UnsafeRawBufferPointer, at offset: Int) throws {
    let tag = Inflate.start(of: packed, atMost: 8, .zlib).bytes
    guard tag.count == 8 else {
      throw MATError.damaged(file: file, offset: offset, reason: "the compressed part can't be unpacked")
    }
    let size = 8 + (4..<8).reduce(0) { $0 | Int(tag[$1]) << (8 * ($1 - 4)) }
    guard size <= largestVariable, Inflate.isPossible(size, from: packed.count) else {
      throw MATError.damaged(file: file, offset: offset, reason: "the compressed part announces \(ByteText.of(size))")
    }
    guard let bytes = Inflate.unpack(packed, to: size, .zlib) else {
      throw MATError.damaged(file: file, offset: offset, reason: "the compressed part is damaged")
    }
    try bytes.withUnsafeBytes { bytes in
      var structure = MATStructure(file: file, origin: offset, bytes: bytes)
      try structure.matrix(try structure.element(at: 0, end: bytes.count), depth: 0)
    }
  }

  private func damaged(_ position: Int, _ reason: String) -> MATError {
    .damaged(file: file, offset: origin + position, reason: reason)
  }

  /// The element whose tag is at a position: a type and a size of four bytes each and then the content, or two bytes each and
  /// up to four of content.
  private func element(at position: Int, end: Int) throws -> Element {
    guard position >= 0, end - position >= 8 else { throw damaged(position, "it ends within a tag") }
    let first = number(position)
    if first >> 16 != 0 {
      let size = Int(first >> 16)
      guard size <= 4 else { throw damaged(position, "a small element of \(size) bytes") }
      return Element(type: first & 0xffff, content: position + 4..<position + 4 + size, next: position + 8)
    }
    let size = Int(number(position + 4))
    guard size <= end - position - 8 else {
      throw damaged(position, "an element of \(ByteText.of(size)) where \(end - position - 8) bytes are left")
    }
    let content = position + 8..<position + 8 + size
    return Element(type: first, content: content, next: min(end, position + 8 + (size + 7) / 8 * 8))
  }

  private func number(_ position: Int) -> UInt32 {
    bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self).littleEndian
  }

  /// The next element within `range`, which has to be of a type.
  private func take(_ type: UInt32, _ range: inout Range<Int>, _ what: String) throws -> Range<Int> {
    let element = try element(at: range.lowerBound, end: range.upperBound)
    guard element.type == type else { throw damaged(range.lowerBound, "\(what) expected") }
    range = element.next..<range.upperBound
    return element.content
  }

  /// A variable, cell or field, with all that is in it.
  private mutating func matrix(_ element: Element, depth: Int) throws {
    let start = element.content.lowerBound
    guard element.type == Kind.matrix else { throw damaged(start - 8, "an array expected") }
    // Cells and fields may be empty without saying of what.
    if element.content.isEmpty && depth > 0 { return }
    guard depth < 8 else { throw damaged(start, "arrays are nested more than 8 deep") }
    var rest = element.content
    let flags = try take(Kind.naturals, &rest, "the flags of an array")
    guard flags.count == 8 else { throw damaged(start, "flags of \(flags.count) bytes") }
    let word = number(flags.lowerBound)
    let sizes = try take(Kind.integers, &rest, "the dimensions of an array")
    guard sizes.count % 4 == 0, (2...8).contains(sizes.count / 4) else { throw damaged(start, "absurd dimensions") }
    var count = 1
    for position in stride(from: sizes.lowerBound, to: sizes.upperBound, by: 4) {
      let (product, overflow) = count.multipliedReportingOverflow(by: Int(number(position)))
      guard !overflow, number(position) <= Int32.max else { throw damaged(position, "absurd dimensions") }
      count = product
    }
    _ = try take(Kind.characters, &rest, "the name of an array")
    // Complex numbers have their imaginary parts behind the real ones.
    let parts = word & 0x0800 != 0 ? 2 : 1
    switch word & 0xff {
    case 1: try matrices(count, &rest, depth)
    case 2:
      let length = try take(Kind.integers, &rest, "the length of field names")
      guard length.count == 4 else { throw damaged(length.lowerBound, "the length of field names expected") }
      let names = try take(Kind.characters, &rest, "the names of fields")
      let size = Int(number(length.lowerBound))
      guard size > 0, names.count % size == 0 else { throw damaged(names.lowerBound, "broken names of fields") }
      // libmatio takes names to end in a zero.
      for end in stride(from: names.lowerBound + size - 1, to: names.upperBound, by: size) where bytes[end] != 0 {
        throw damaged(end, "a name of a field that doesn't end")
      }
      try add(names.count / size, at: names.lowerBound)
      let (fields, overflow) = count.multipliedReportingOverflow(by: names.count / size)
      guard !overflow else { throw damaged(names.lowerBound, "absurd dimensions") }
      try matrices(fields, &rest, depth)
    case 4, 6...15:
      for _ in 0..<parts { try numbers(count, &rest) }
    case 5:
      // Rows, columns and values of what isn't 0, as many as there may be: libmatio reads these, too.
      for _ in 0..<2 {
        let indices = try take(Kind.integers, &rest, "the indices of a sparse matrix")
        guard indices.count % 4 == 0 else { throw damaged(indices.lowerBound, "indices of \(indices.count) bytes") }
      }
      for _ in 0..<parts { try numbers(nil, &rest) }
    case let other: throw damaged(start, "an array of class \(other), which is neither numbers nor a structure")
    }
  }

  private mutating func matrices(_ count: Int, _ rest: inout Range<Int>, _ depth: Int) throws {
    // Each takes 8 bytes at least, so that a false count is noticed before anything is taken for it.
    guard count <= rest.count / 8 else {
      throw damaged(rest.lowerBound, "\(count) arrays announced in \(rest.count) bytes")
    }
    try add(count, at: rest.lowerBound)
    for _ in 0..<count {
      let element = try element(at: rest.lowerBound, end: rest.upperBound)
      try matrix(element, depth: depth + 1)
      rest = element.next..<rest.upperBound
    }
  }

  /// Counts parts.
  private mutating func add(_ count: Int, at position: Int) throws {
    parts += count
    guard parts <= Self.mostParts else { throw damaged(position, "more than \(Self.mostParts) arrays and names in it") }
  }

  /// An element of numbers, which are `count` if that is known.
  private func numbers(_ count: Int?, _ rest: inout Range<Int>) throws {
    let element = try element(at: rest.lowerBound, end: rest.upperBound)
    guard let size = Kind.size(element.type) else { throw damaged(rest.lowerBound, "numbers expected") }
    let found = element.content.count / size
    guard found == count ?? found, element.content.count % size == 0 else {
      throw damaged(
        rest.lowerBound,
        "\(count ?? found) numbers announced, but there are \(element.content.count) bytes of \(size) each")
    }
    rest = element.next..<rest.upperBound
  }
}
