import CHDF5
import Foundation

/// The checksums of a file's parts: made for what is written, compared with what is read.
extension HDF5File {
  /// Datasets of more chunks than this are not told from the rest.
  private static let mostChunks = 4096

  /// The part of a file that is content, and its checksums, if it has any.
  /// - Throws: `HDF5Error.damaged` unless all but the datasets' numbers is as it was written.
  static func checkedContent(of source: FileBytes) throws -> (count: Int, seal: Seal?, isSealed: Bool) {
    switch Seal.find(in: source) {
    case .none: return (source.count, nil, false)
    case .single(let count, let isWhole):
      guard isWhole else {
        throw HDF5Error.notReadable(
          file: source.path, reason: "it was damaged after it was written (its checksum differs)")
      }
      return (count, nil, true)
    case .damaged:
      throw HDF5Error.notReadable(
        file: source.path, reason: "its table of checksums, behind all that is stored, was damaged after it was written"
      )
    case .whole(let seal):
      guard seal.holdsForRest(of: UnsafeRawBufferPointer(rebasing: source.buffer[..<seal.contentCount])) else {
        throw HDF5Error.damaged(file: source.path, part: nil)
      }
      return (seal.contentCount, seal, true)
    }
  }

  /// Compares the numbers of all datasets that were not read yet with their checksums.
  /// - Throws: `HDF5Error.damaged`; never for a file without checksums.
  public func verify() throws {
    if let part = try damagedParts().first { throw HDF5Error.damaged(file: name, part: part) }
  }

  /// The datasets whose numbers are no longer those that were written, in the order of their names.
  public func damagedParts() throws -> [String] {
    try HDF5Library.locked {
      let content = try sealedContent()
      for (start, part) in unverified where seal?.holds(for: part, of: content) == true { unverified[start] = nil }
      return unverified.values.map(\.name).sorted()
    }
  }

  /// How many datasets have checksums of their own.
  public var sealedParts: Int { seal?.parts.count ?? 0 }

  /// Compares an open dataset's numbers with their checksum, the first time that it is read.
  func verify(_ dataset: HDF5Handle, _ path: String) throws {
    guard !unverified.isEmpty, let start = Self.start(of: dataset), let part = unverified[start] else { return }
    guard let seal, seal.holds(for: part, of: try sealedContent()) else {
      throw HDF5Error.damaged(file: name, part: part.name)
    }
    unverified[start] = nil
  }

  private func sealedContent() throws -> UnsafeRawBufferPointer {
    _ = try opened()
    guard let source, let seal else { return UnsafeRawBufferPointer(start: nil, count: 0) }
    return UnsafeRawBufferPointer(rebasing: source.buffer[..<seal.contentCount])
  }

  /// Where the numbers of each dataset lie, in an image of `count` bytes.
  func parts(of count: Int) throws -> [(name: String, ranges: [Range<Int>])] {
    var starts: Set<Int> = []
    return try datasets().compactMap { path in
      let dataset = try object(path)
      guard H5Iget_type(dataset.id) == H5I_DATASET else { return nil }
      let ranges = Self.ranges(of: dataset)
      // Several names may lead to one dataset.
      guard let first = ranges.first, starts.insert(first.lowerBound).inserted,
        ranges.allSatisfy({ $0.upperBound <= count })
      else { return nil }
      return (Self.absolute(path), ranges)
    }
  }

  /// Where the first number of a dataset lies; nil if its numbers are kept with its name, or there are none.
  private static func start(of dataset: HDF5Handle) -> Int? {
    let address = H5Dget_offset(dataset.id)
    return address == .max ? chunks(of: dataset, atMost: 1).first?.lowerBound : Int(exactly: address)
  }

  private static func ranges(of dataset: HDF5Handle) -> [Range<Int>] {
    let address = H5Dget_offset(dataset.id)
    if address == .max {
      let chunks = chunks(of: dataset, atMost: mostChunks + 1)
      return chunks.count > mostChunks ? [] : chunks
    }
    guard let start = Int(exactly: address), let count = Int(exactly: H5Dget_storage_size(dataset.id)), count > 0,
      !start.addingReportingOverflow(count).overflow
    else { return [] }
    return [start..<start + count]
  }

  /// The chunks of a dataset in the order in which the library keeps them.
  private static func chunks(of dataset: HDF5Handle, atMost limit: Int) -> [Range<Int>] {
    guard let properties = HDF5Handle(H5Dget_create_plist(dataset.id), H5Pclose),
      H5Pget_layout(properties.id) == H5D_CHUNKED, let space = HDF5Handle(H5Dget_space(dataset.id), H5Sclose)
    else { return [] }
    var count: hsize_t = 0
    guard H5Dget_num_chunks(dataset.id, space.id, &count) >= 0 else { return [] }
    var ranges: [Range<Int>] = []
    for index in 0..<min(count, hsize_t(limit)) {
      var (mask, address, size): (UInt32, haddr_t, hsize_t) = (0, 0, 0)
      var offset = [hsize_t](repeating: 0, count: 33)
      guard H5Dget_chunk_info(dataset.id, space.id, index, &offset, &mask, &address, &size) >= 0,
        let start = Int(exactly: address), let length = Int(exactly: size),
        !start.addingReportingOverflow(length).overflow
      else { return [] }
      ranges.append(start..<start + length)
    }
    return ranges
  }
}

extension Seal {
  /// Parts by where their first range begins.
  var partsByStart: [Int: Part] {
    Dictionary(parts.compactMap { part in part.ranges.first.map { ($0.lowerBound, part) } }) { first, _ in first }
  }
}
