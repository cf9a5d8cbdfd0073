import CHDF5
import CHDF5Check
import Foundation
import Tensors

/// An array that is stored in chunks, unpacked here and not by the library: its filters unpack whatever a chunk holds, however
/// much that is, and load others from elsewhere. These know three: deflate, byte shuffle and Fletcher's checksum.
struct HDF5Chunks {
  private enum Filter {
    case deflate
    /// Of elements of this many bytes.
    case shuffle(Int)
    case checksum
  }

  private let dataset: HDF5Handle
  private let array: StoredArray
  private let file: String
  private let path: String
  /// Of the whole array and of a chunk.
  private let shape: [Int]
  private let chunk: [Int]
  /// In the order in which they were applied.
  private let filters: [Filter]
  private let type: HDF5Handle
  private let elementBytes: Int
  /// Nil where the file's numbers are memory's.
  private let isConverted: Bool
  /// An element that was never written, in memory's type.
  private let fill: [UInt8]
  private let sourceBytes: Int

  /// Called with the library locked.
  /// - Throws: `HDF5Error` for filters that aren't known, and chunks that can't be.
  init(_ dataset: HDF5Handle, _ properties: HDF5Handle, _ array: StoredArray, file: HDF5File, path: String) throws {
    (self.dataset, self.array, self.file, self.path) = (dataset, array, file.name, path)
    shape = array.shape
    // What is made in memory is not from elsewhere, and as large as it became.
    sourceBytes = try file.sourceSize ?? file.imageSize()
    type = try HDF5File.require(H5Dget_type(dataset.id), H5Tclose, file.name, "reading the type of", path)
    elementBytes = H5Tget_size(type.id)
    isConverted = H5Tequal(type.id, array.type.hdf5) <= 0
    var sides = [hsize_t](repeating: 0, count: 32)
    let rank = Int(H5Pget_chunk(properties.id, 32, &sides))
    chunk = sides.prefix(max(0, rank)).map { Int(clamping: $0) }
    guard rank == shape.count, rank > 0, !chunk.contains(0) else {
      throw HDF5Error.notReadable(file: file.name, reason: "the chunks of \(path) don't fit its shape")
    }
    filters = try (0..<max(0, H5Pget_nfilters(properties.id))).map { index in
      var (flags, count, settings, name, config): (UInt32, Int, [UInt32], [CChar], UInt32) = (0, 1, [0], [0], 0)
      let filter = H5Pget_filter2(properties.id, UInt32(index), &flags, &count, &settings, 0, &name, &config)
      switch filter {
      case H5Z_filter_t(H5Z_FILTER_DEFLATE): return .deflate
      case H5Z_filter_t(H5Z_FILTER_SHUFFLE): return .shuffle(Int(settings[0]))
      case H5Z_filter_t(H5Z_FILTER_FLETCHER32): return .checksum
      default:
        throw HDF5Error.type(
          file: file.name, path: path, found: "packed by filter \(filter)", expected: "deflate, shuffle or fletcher32")
      }
    }
    var value = [UInt8](repeating: 0, count: array.type.byteCount)
    if H5Pget_fill_value(properties.id, array.type.hdf5, &value) < 0 { value = value.map { _ in 0 } }
    fill = value
  }

  /// Chunks along each dimension.
  private var grid: [Int] { zip(shape, chunk).map { ($0 - 1) / $1 + 1 } }

  /// All elements. The library is locked for each chunk's bytes alone.
  /// - Throws: `HDF5Error`; memory was checked before.
  func read() throws -> Tensor {
    let tensor = Tensor(uninitialized: shape, array.type)
    if tensor.count == 0 { return tensor }
    let (elements, overflow) = chunk.reduce((1, false)) { result, side in
      let product = result.0.multipliedReportingOverflow(by: side)
      return (product.partialValue, result.1 || product.overflow)
    }
    // The format has 32 bits for a chunk's bytes.
    guard !overflow, elements <= Int(UInt32.max) / elementBytes else { throw damaged("its chunks are too large") }
    let room = UnsafeMutableRawPointer.allocate(
      byteCount: elements * max(elementBytes, array.type.byteCount), alignment: 16)
    defer { room.deallocate() }
    let grid = grid
    var place = [Int](repeating: 0, count: shape.count)
    let count = grid.reduce(1) { $0.multipliedReportingOverflow(by: $1).overflow ? .max : $0 * $1 }
    guard count <= HDF5Check.mostChunks else { throw damaged("it has \(count) chunks") }
    guard let packed = Room(sourceBytes) else {
      throw HDF5Error.failedCall(
        file: file, path: path, operation: "reading", reason: "there is no memory for its chunks")
    }
    for _ in 0..<count {
      if let bytes = try unpacked(at: place, to: elements * elementBytes, packed) {
        bytes.withUnsafeBytes { room.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
        if isConverted { try convert(room, elements) }
        copy(room, at: place, into: tensor)
      } else {
        copy(nil, at: place, into: tensor)
      }
      for d in place.indices.reversed() {
        place[d] += 1
        if place[d] < grid[d] { break }
        place[d] = 0
      }
    }
    return tensor
  }

  private func damaged(_ reason: String) -> HDF5Error {
    .notReadable(file: file, reason: "\(path) is damaged: \(reason)")
  }

  private func convert(_ room: UnsafeMutableRawPointer, _ count: Int) throws {
    try HDF5Library.locked {
      if H5Tconvert(type.id, array.type.hdf5, count, room, nil, tel_h5_default()) < 0 {
        throw HDF5Error.failedCall(
          file: file, path: path, operation: "converting", reason: HDF5Library.lastReason())
      }
    }
  }

  /// The bytes of the chunk at a place of the grid, `count` of them; nil for a chunk that was never written.
  private func unpacked(at place: [Int], to count: Int, _ packed: Room) throws -> [UInt8]? {
    guard let (stored, skipped) = try stored(at: place, packed) else { return nil }
    var bytes = stored
    for (index, filter) in filters.enumerated().reversed() where skipped >> UInt32(index) & 1 == 0 {
      // Checksums that were added before deflate are part of what it unpacks to.
      let checksums = filters[..<index].enumerated().count { entry in
        if case .checksum = entry.element { skipped >> UInt32(entry.offset) & 1 == 0 } else { false }
      }
      switch filter {
      case .deflate:
        let size = count + 4 * checksums
        guard Inflate.isPossible(size, from: bytes.count),
          let inflated = bytes.withUnsafeBytes({ Inflate.unpack($0, to: size, .zlib) })
        else { throw damaged("a chunk doesn't unpack to its \(size) bytes") }
        bytes = inflated
      case .shuffle(let size): bytes = Self.unshuffled(bytes, size)
      case .checksum: bytes = try checked(bytes)
      }
    }
    guard bytes.count == count else { throw damaged("a chunk has \(bytes.count) bytes instead of \(count)") }
    return bytes
  }

  /// The bytes as they lie in the file, and which filters were left out.
  ///
  /// How many bytes the library gives is up to the index of chunks alone, and for arrays without filters it doesn't tell. They
  /// all come from the file, so that a room of the file's size, of which only what is used takes memory, is always enough.
  private func stored(at place: [Int], _ packed: Room) throws -> (bytes: [UInt8], skipped: UInt32)? {
    try HDF5Library.locked {
      var offset = zip(place, chunk).map { hsize_t($0 * $1) }
      var size: UInt64 = 0
      try check(tel_h5_chunk_bytes(dataset.id, &offset, &size))
      if size == 0 { return nil }
      guard size <= UInt64(packed.count) else { throw damaged("a chunk claims more bytes than the file has") }
      if filters.isEmpty { packed.start.initializeMemory(as: UInt8.self, repeating: 0, count: Int(size)) }
      var skipped: UInt32 = 0
      try check(H5Dread_chunk(dataset.id, tel_h5_default(), &offset, &skipped, packed.start))
      return (Array(UnsafeRawBufferPointer(start: packed.start, count: Int(size))), skipped)
    }
  }

  /// Memory that is only taken where it is written to.
  private final class Room {
    let start: UnsafeMutableRawPointer
    let count: Int

    init?(_ count: Int) {
      let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
      guard let start = mmap(nil, max(1, count), PROT_READ | PROT_WRITE, flags, -1, 0), start != MAP_FAILED else {
        return nil
      }
      (self.start, self.count) = (start, count)
    }

    deinit { munmap(start, max(1, count)) }
  }

  private func check(_ status: herr_t) throws {
    if status < 0 {
      throw HDF5Error.failedCall(file: file, path: path, operation: "reading", reason: HDF5Library.lastReason())
    }
  }

  /// First bytes of all elements, then second ones, …; back to elements. What is no whole element stays at the end.
  private static func unshuffled(_ bytes: [UInt8], _ size: Int) -> [UInt8] {
    guard size > 1, bytes.count >= size else { return bytes }
    let count = bytes.count / size
    return [UInt8](unsafeUninitializedCapacity: bytes.count) { out, initialized in
      bytes.withUnsafeBufferPointer { source in
        for byte in 0..<size {
          let plane = source.baseAddress! + byte * count
          for element in 0..<count { out[element * size + byte] = plane[element] }
        }
        for rest in count * size..<bytes.count { out[rest] = source[rest] }
      }
      initialized = bytes.count
    }
  }

  /// Without the four bytes of Fletcher's checksum at the end, which must be right: two sums of 16-bit big-endian words modulo
  /// 65535.
  private func checked(_ bytes: [UInt8]) throws -> [UInt8] {
    guard bytes.count >= 4 else { throw damaged("a chunk lacks its checksum") }
    let content = bytes.dropLast(4)
    var (first, second): (UInt32, UInt32) = (0, 0)
    for index in stride(from: 0, to: content.count, by: 2) {
      let low = index + 1 < content.count ? UInt32(content[index + 1]) : 0
      first = (first + (UInt32(content[index]) << 8 | low)) % 65535
      second = (second + first) % 65535
    }
    let stored = bytes.suffix(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    // Where a sum is 0 the library may write 65535.
    guard stored >> 16 % 65535 == second, stored & 0xffff % 65535 == first else {
      throw damaged("a chunk's checksum differs")
    }
    return Array(content)
  }

  /// Copies the part of a chunk that lies within the array; nil copies the fill value.
  private func copy(_ source: UnsafeMutableRawPointer?, at place: [Int], into tensor: Tensor) {
    let (size, rank) = (array.type.byteCount, shape.count)
    let start = zip(place, chunk).map { $0 * $1 }
    let extent = (0..<rank).map { min(chunk[$0], shape[$0] - start[$0]) }
    let out = tensor.buffer.bytes + tensor.offset * size
    var index = [Int](repeating: 0, count: rank)
    let line = extent[rank - 1]
    for _ in 0..<extent.dropLast().reduce(1, *) {
      var (from, to) = (0, 0)
      for d in 0..<rank {
        from = from * chunk[d] + index[d]
        to = to * shape[d] + start[d] + index[d]
      }
      if let source {
        (out + to * size).copyMemory(from: source + from * size, byteCount: line * size)
      } else {
        fill.withUnsafeBytes { value in
          for column in 0..<line { (out + (to + column) * size).copyMemory(from: value.baseAddress!, byteCount: size) }
        }
      }
      for d in (0..<rank - 1).reversed() {
        index[d] += 1
        if index[d] < extent[d] { break }
        index[d] = 0
      }
    }
    extendLifetime(tensor.buffer)
  }
}
