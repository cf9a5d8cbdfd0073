/// A Python integer of any length, as pickle stores it: two's complement, the lowest byte first.
struct PickleInteger {
  private let bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  private var isNegative: Bool { bytes.last.map { $0 >= 0x80 } ?? false }

  /// The value if it fits into 64 bits.
  var value: Int? {
    let fill: UInt8 = isNegative ? 0xff : 0
    if bytes.count > 8 {
      guard bytes[8...].allSatisfy({ $0 == fill }), (bytes[7] >= 0x80) == isNegative else { return nil }
    }
    var bits: UInt64 = isNegative ? .max : 0
    for byte in bytes.prefix(8).reversed() { bits = bits << 8 | UInt64(byte) }
    return Int(Int64(bitPattern: bits))
  }

  /// Decimal digits, by dividing by ten as on paper.
  var decimal: String {
    var magnitude = bytes
    if isNegative {
      var carry = true
      for index in magnitude.indices {
        magnitude[index] = ~magnitude[index]
        if carry {
          magnitude[index] &+= 1
          carry = magnitude[index] == 0
        }
      }
    }
    var digits: [UInt8] = []
    while magnitude.contains(where: { $0 != 0 }) {
      var remainder = 0
      for index in magnitude.indices.reversed() {
        let value = remainder << 8 + Int(magnitude[index])
        (magnitude[index], remainder) = (UInt8(value / 10), value % 10)
      }
      digits.append(UInt8(ascii: "0") + UInt8(remainder))
    }
    if digits.isEmpty { return "0" }
    return (isNegative ? "-" : "") + String(decoding: digits.reversed(), as: UTF8.self)
  }
}
