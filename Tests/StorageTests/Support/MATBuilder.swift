/// Makes MAT files of version 5 byte by byte, right ones and wrong ones.
enum MATBuilder {
  /// A file of these variables.
  static func file(_ variables: [[UInt8]], version: Int = 0x0100, order: String = "IM") -> [UInt8] {
    let text = Array("MATLAB 5.0 MAT-file".utf8)
    let header = text + [UInt8](repeating: 0x20, count: 124 - text.count) + number(version, 2) + Array(order.utf8)
    return header + variables.flatMap { $0 }
  }

  /// A structure with one element.
  static func structure(_ name: String, _ fields: [(name: String, value: [UInt8])], dimensions: [Int] = [1, 1])
    -> [UInt8]
  {
    let names = fields.flatMap { field in
      Array(field.name.utf8) + [UInt8](repeating: 0, count: 32 - field.name.utf8.count)
    }
    return array(2, name, dimensions, small(5, number(32, 4)) + element(1, names) + fields.flatMap(\.value))
  }

  /// A matrix of bytes, by columns.
  static func matrix(_ name: String, rows: Int, columns: Int, _ values: [UInt8]) -> [UInt8] {
    array(9, name, [rows, columns], element(2, values))
  }

  /// An array of a class with what belongs to it behind its name.
  static func array(_ kind: Int, _ name: String, _ dimensions: [Int], _ content: [UInt8]) -> [UInt8] {
    let flags = element(6, number(kind, 4) + number(0, 4))
    let sizes = element(5, dimensions.flatMap { number($0, 4) })
    return element(14, flags + sizes + element(1, Array(name.utf8)) + content)
  }

  static func element(_ type: Int, _ content: [UInt8]) -> [UInt8] {
    number(type, 4) + number(content.count, 4) + content + [UInt8](repeating: 0, count: (8 - content.count % 8) % 8)
  }

  static func small(_ type: Int, _ content: [UInt8]) -> [UInt8] {
    number(type, 2) + number(content.count, 2) + content + [UInt8](repeating: 0, count: 4 - content.count)
  }

  /// A compressed element, in which the bytes are stored as they are.
  static func compressed(_ content: [UInt8]) -> [UInt8] {
    var (a, b) = (1, 0)
    for byte in content {
      a = (a + Int(byte)) % 65521
      b = (b + a) % 65521
    }
    let block = [1] + number(content.count, 2) + number(~content.count & 0xffff, 2) + content
    let packed: [UInt8] = [0x78, 0x01] + block + number(b << 16 | a, 4).reversed()
    return number(15, 4) + number(packed.count, 4) + packed
  }

  static func number(_ value: Int, _ bytes: Int) -> [UInt8] {
    (0..<bytes).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }
}
