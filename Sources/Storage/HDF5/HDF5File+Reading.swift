import CHDF5
import Foundation
import Tensors

/// Reading datasets.
extension HDF5File {
  /// Deflate makes this many bytes of one at best.
  private static let bestCompression = 1032
  /// A dataset that nothing was written to takes no bytes and reads as its fill value; so many bytes of that are fine.
  private static let mostUnwritten = 1 << 26

  /// The numbers at `path`. Types that tensors don't have are converted (`info(path)` says from what).
  /// - Throws: `HDF5Error`; a damaged file's absurd shape is refused before memory is taken.
  public func read(_ path: String) throws -> Tensor {
    let absolute = Self.absolute(path)
    let found = try HDF5Library.locked { () -> (tensor: Tensor?, chunks: HDF5Chunks?) in
      let dataset = try object(path)
      let found = H5Iget_type(dataset.id) == H5I_DATASET ? try describe(dataset, path) : .group
      guard case .array(let array) = found else {
        throw HDF5Error.type(file: name, path: absolute, found: found.text, expected: "an array of numbers")
      }
      let properties = try layout(of: dataset, absolute)
      try checkSize(dataset, array, properties, absolute)
      try verify(dataset, path)
      if H5Pget_layout(properties.id) == H5D_CHUNKED {
        return (nil, try HDF5Chunks(dataset, properties, array, file: self, path: absolute))
      }
      let tensor = Tensor(uninitialized: array.shape, array.type)
      if tensor.count > 0 {
        try check(
          H5Dread(dataset.id, array.type.hdf5, tel_h5_all(), tel_h5_all(), tel_h5_default(), tensor.buffer.bytes),
          "reading", absolute)
      }
      return (tensor, nil)
    }
    return try found.tensor ?? found.chunks!.read()
  }

  /// How a dataset is stored.
  /// - Throws: `HDF5Error.type` where that is in other files.
  private func layout(of dataset: HDF5Handle, _ path: String) throws -> HDF5Handle {
    let properties = try Self.require(
      H5Dget_create_plist(dataset.id), H5Pclose, name, "reading the layout of", path)
    guard H5Pget_layout(properties.id) != H5D_VIRTUAL, H5Pget_external_count(properties.id) == 0 else {
      throw HDF5Error.type(file: name, path: path, found: "stored in other files", expected: "data inside this file")
    }
    return properties
  }

  /// Refuses what the file can't hold, and what no memory holds, before memory is taken.
  private func checkSize(_ dataset: HDF5Handle, _ array: StoredArray, _ properties: HDF5Handle, _ path: String) throws {
    let type = try Self.require(H5Dget_type(dataset.id), H5Tclose, name, "reading the type of", path)
    let bytes = array.byteCount(of: H5Tget_size(type.id))
    let stored = min(array.storedBytes, sourceSize ?? .max)
    let isPacked = H5Pget_nfilters(properties.id) > 0
    let (plausible, overflow) = stored.multipliedReportingOverflow(by: isPacked ? Self.bestCompression : 1)
    let memory = Int(clamping: ProcessInfo.processInfo.physicalMemory)
    let limit = min(memory, max(Self.mostUnwritten, overflow ? .max : plausible))
    if bytes > limit || array.byteCount(of: array.type.byteCount) > memory {
      throw HDF5Error.tooLarge(file: name, path: path, shape: array.shape, limit: limit)
    }
  }

  /// The text at `path`, a single string.
  public func readString(_ path: String) throws -> String {
    let strings = try readStrings(path)
    guard strings.count == 1 else {
      throw HDF5Error.type(
        file: name, path: Self.absolute(path), found: "\(strings.count) strings", expected: "a single string")
    }
    return strings[0]
  }

  /// The strings at `path`, row-major; one for a dataset without dimensions. Invalid UTF-8 is repaired.
  public func readStrings(_ path: String) throws -> [String] {
    try HDF5Library.locked {
      let dataset = try object(path)
      let found = H5Iget_type(dataset.id) == H5I_DATASET ? try describe(dataset, path) : .group
      guard case .text(let shape) = found else {
        throw HDF5Error.type(file: name, path: Self.absolute(path), found: found.text, expected: "text")
      }
      try verify(dataset, path)
      let type = try Self.require(H5Dget_type(dataset.id), H5Tclose, name, "reading the type of", path)
      let space = try Self.require(H5Dget_space(dataset.id), H5Sclose, name, "reading the shape of", path)
      // Only the library unpacks text, and it unpacks whatever there is.
      let properties = try layout(of: dataset, Self.absolute(path))
      guard H5Pget_nfilters(properties.id) == 0 else {
        throw HDF5Error.type(file: name, path: Self.absolute(path), found: "packed text", expected: "text as it is")
      }
      return try strings(type, space, shape, path) { memory, buffer in
        H5Dread(dataset.id, memory, tel_h5_all(), tel_h5_all(), tel_h5_default(), buffer)
      }
    }
  }

  /// Strings of fixed or variable length, fetched by `read` into a buffer of a memory type.
  func strings(
    _ type: HDF5Handle, _ space: HDF5Handle, _ shape: [Int], _ path: String,
    read: (_ memory: hid_t, UnsafeMutableRawPointer) -> herr_t
  ) throws -> [String] {
    let isVariable = H5Tis_variable_str(type.id) > 0
    let width = isVariable ? MemoryLayout<UnsafeMutablePointer<CChar>?>.stride : H5Tget_size(type.id)
    var bytes = width
    for size in shape {
      let (product, overflow) = bytes.multipliedReportingOverflow(by: size)
      bytes = overflow ? .max : product
    }
    let limit = HDF5Check.largestText
    if bytes > limit { throw HDF5Error.tooLarge(file: name, path: Self.absolute(path), shape: shape, limit: limit) }
    let count = shape.reduce(1, *)
    if count == 0 { return [] }
    let buffer = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 16)
    defer { buffer.deallocate() }
    buffer.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
    try check(read(type.id, buffer), "reading", Self.absolute(path))
    if isVariable {
      defer { H5Dvlen_reclaim(type.id, space.id, tel_h5_default(), buffer) }
      return (0..<count).map { index in
        let text = buffer.load(fromByteOffset: index * width, as: UnsafePointer<CChar>?.self)
        return text.map { String(cString: $0) } ?? ""
      }
    }
    let padding: UInt8 = H5Tget_strpad(type.id) == H5T_STR_SPACEPAD ? 0x20 : 0
    return (0..<count).map { index in
      var text = UnsafeRawBufferPointer(start: buffer + index * width, count: width)[...]
      if padding == 0, let end = text.firstIndex(of: 0) { text = text[..<end] }
      while text.last == padding { text = text.dropLast() }
      return String(decoding: text, as: UTF8.self)
    }
  }
}
