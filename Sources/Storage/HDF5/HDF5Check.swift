import CHDF5Check

/// Looks at a file before this process does.
///
/// The HDF5 library trusts what it reads: on a damaged or crafted file it may crash, take all memory or run for ever. So a process of
/// its own, with little memory and time, first does all that reading does, except that it unpacks nothing and copies no large
/// arrays; what it gets through, this process gets through as well, since both do the same with the same bytes. Every file is looked
/// at, ours too: a checksum shows damage, and whoever crafts a file can write a right one.
enum HDF5Check {
  /// Links in all groups of a file together.
  static let mostLinks = 1 << 18
  /// Groups within groups.
  static let deepest = 32
  /// Bytes of a name.
  static let longestName = 1024
  /// Attributes of an object.
  static let mostAttributes = 1 << 12
  /// Chunks of an array.
  static let mostChunks = 1 << 18
  /// Bytes of text, or of an attribute.
  static let largestText = 1 << 26
  /// Seconds of processor time: a few thousandths are usual.
  private static let processorSeconds = 10
  /// Seconds, on however busy a machine.
  private static let seconds = 120

  /// - Parameters:
  ///   - source: whose first `count` bytes are the file.
  ///   - copies: whether its objects will be copied into another file.
  /// - Throws: `HDF5Error.notReadable`.
  static func run(_ source: FileBytes, count: Int, copies: Bool) throws {
    var limits = tel_h5_limits(
      links: UInt(mostLinks), depth: UInt32(deepest), name_bytes: longestName, attributes: UInt(mostAttributes),
      chunks: UInt(mostChunks), value_bytes: largestText, memory: (1 << 29) + count * (copies ? 3 : 1),
      cpu_seconds: UInt32(processorSeconds + count >> 25), wall_seconds: UInt32(seconds + count >> 25))
    let check = HDF5Library.locked { tel_h5_check_start(source.bytes, count, copies, &limits) }
    var (path, reason) = ([CChar](repeating: 0, count: 1025), [CChar](repeating: 0, count: 257))
    let outcome = tel_h5_check_finish(check, &path, path.count, &reason, reason.count)
    extendLifetime(source)
    guard outcome != tel_h5_sound else { return }
    let (place, why) = (text(path), text(reason))
    throw HDF5Error.notReadable(
      file: source.path, reason: Self.reason(outcome, place, why, isHDF5: source.buffer.starts(with: signature)))
  }

  private static let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]

  private static func reason(_ outcome: tel_h5_outcome, _ place: String, _ why: String, isHDF5: Bool) -> String {
    let place = place.isEmpty ? "" : " at \(place)"
    return switch outcome {
    case tel_h5_unreadable: isHDF5 ? "it is damaged or cut off\(place) (\(why))" : "it is no HDF5 file"
    case tel_h5_beyond_limits: "\(why)\(place)"
    case tel_h5_crashed: "the HDF5 library crashes on it\(why.isEmpty ? "" : " (\(why))")"
    case tel_h5_endless: "the HDF5 library comes to no end with it"
    default: "there is no process to look at it (too little memory, or too many processes)"
    }
  }

  private static func text(_ bytes: [CChar]) -> String {
    String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
