import CHDF5
import Tensors

/// Writing datasets; groups on the way are made, and what was at the path before is replaced.
extension HDF5File {
  /// Below this many bytes compression isn't worth a chunk.
  private static let smallestCompressed = 1 << 10
  /// Chunks are about this many bytes.
  private static let chunkBytes = 1 << 22

  /// Stores a tensor of any type and shape.
  /// - Parameter compressed: packs it (deflate after shuffling bytes); good for labels, of little use for weights.
  public func write(_ path: String, _ tensor: Tensor, compressed: Bool = false) throws {
    try HDF5Library.locked {
      let source = tensor.contiguous()
      let dataset = try create(path, source.type.hdf5, source.shape) { properties in
        if compressed && source.count * source.type.byteCount >= Self.smallestCompressed {
          var chunk = Self.chunk(source.shape, source.type.byteCount)
          _ = H5Pset_chunk(properties, Int32(chunk.count), &chunk)
          _ = H5Pset_shuffle(properties)
          _ = H5Pset_deflate(properties, 4)
        }
      }
      if source.count == 0 { return }
      let bytes = source.buffer.bytes + source.offset * source.type.byteCount
      try check(
        H5Dwrite(dataset.id, source.type.hdf5, tel_h5_all(), tel_h5_all(), tel_h5_default(), bytes), "writing", path)
      extendLifetime(source.buffer)
    }
  }

  /// Stores numbers as a one-dimensional array.
  public func write<T: Element>(_ path: String, _ values: [T]) throws {
    try write(path, Tensor(values, shape: [values.count]))
  }

  /// Stores a number without dimensions, as float64.
  public func write(_ path: String, _ value: Double) throws {
    try write(path, Tensor([value], shape: []))
  }

  /// Stores a number without dimensions, as int64.
  public func write(_ path: String, _ value: Int) throws {
    try write(path, Tensor([Int64(value)], shape: []))
  }

  /// Stores a string without dimensions, as UTF-8 of variable length.
  public func write(_ path: String, _ text: String) throws {
    try writeStrings(path, [text], shape: [])
  }

  /// Stores strings as a one-dimensional array.
  public func write(_ path: String, _ texts: [String]) throws {
    try writeStrings(path, texts, shape: [texts.count])
  }

  private func writeStrings(_ path: String, _ texts: [String], shape: [Int]) throws {
    try HDF5Library.locked {
      let type = try textType()
      let dataset = try create(path, type.id, shape) { _ in }
      if texts.isEmpty { return }
      try Self.withCStrings(texts, file: name, path: path) { pointers in
        try check(
          H5Dwrite(dataset.id, type.id, tel_h5_all(), tel_h5_all(), tel_h5_default(), pointers), "writing", path)
      }
    }
  }

  /// Makes a group, and those above it, unless it is there.
  public func createGroup(_ path: String) throws {
    try HDF5Library.locked {
      try checkPlace(path)
      if try exists(path) { return }
      let links = try intermediateGroups()
      _ = try Self.require(
        H5Gcreate2(try opened(), Self.absolute(path), links.id, tel_h5_default(), tel_h5_default()), H5Gclose, name,
        "creating", path)
    }
  }

  /// Removes the object at `path` and what is below it.
  public func remove(_ path: String) throws {
    try HDF5Library.locked {
      _ = try object(path)
      try check(H5Ldelete(try opened(), Self.absolute(path), tel_h5_default()), "removing", path)
    }
  }

  /// Refuses places for new objects that could not be read again (`HDF5Check`), or that lie in a dataset.
  private func checkPlace(_ path: String) throws {
    let absolute = Self.absolute(path)
    func refuse(_ reason: String) -> HDF5Error {
      .unstorable(file: name, path: absolute.count > 80 ? absolute.prefix(80) + "…" : absolute, reason: reason)
    }
    if absolute.utf8.contains(0) { throw refuse("a name has a zero byte") }
    if absolute.utf8.count >= HDF5Check.longestName {
      throw refuse("its path has \(absolute.utf8.count) bytes, at most \(HDF5Check.longestName - 1) can be read again")
    }
    let names = absolute.split(separator: "/")
    if names.count >= HDF5Check.deepest {
      throw refuse("it lies \(names.count) names deep, at most \(HDF5Check.deepest - 1) can be read again")
    }
    for count in 1..<max(1, names.count) {
      let outer = "/" + names[..<count].joined(separator: "/")
      guard try exists(outer) else { return }
      if case .group = try info(outer) { continue }
      throw refuse("\(outer) is no group")
    }
  }

  /// A new dataset in place of whatever was there.
  func create(
    _ path: String, _ type: hid_t, _ shape: [Int], configure: (_ properties: hid_t) -> Void
  ) throws -> HDF5Handle {
    try checkPlace(path)
    let absolute = Self.absolute(path)
    guard absolute != "/" else { throw HDF5Error.unstorable(file: name, path: "/", reason: "a dataset needs a name") }
    guard shape.count <= 32 else {
      throw HDF5Error.unstorable(file: name, path: absolute, reason: "it has \(shape.count) dimensions, at most 32 fit")
    }
    if try exists(path) { try remove(path) }
    let space = try dataSpace(shape, absolute)
    let properties = try Self.require(H5Pcreate(tel_h5_dataset_create()), H5Pclose, name, "creating", absolute)
    // Without times, the same content gives the same bytes.
    _ = H5Pset_obj_track_times(properties.id, false)
    configure(properties.id)
    let links = try intermediateGroups()
    return try Self.require(
      H5Dcreate2(try opened(), absolute, type, space.id, links.id, properties.id, tel_h5_default()), H5Dclose, name,
      "creating", absolute)
  }

  /// A data space; without dimensions it holds one element.
  func dataSpace(_ shape: [Int], _ path: String) throws -> HDF5Handle {
    let extent = shape.map { hsize_t($0) }
    return try Self.require(
      shape.isEmpty ? H5Screate(H5S_SCALAR) : H5Screate_simple(Int32(shape.count), extent, nil), H5Sclose, name,
      "creating", path)
  }

  private func intermediateGroups() throws -> HDF5Handle {
    let links = try Self.require(H5Pcreate(tel_h5_link_create()), H5Pclose, name, "creating")
    _ = H5Pset_create_intermediate_group(links.id, 1)
    _ = H5Pset_char_encoding(links.id, H5T_CSET_UTF8)
    return links
  }

  /// The type of UTF-8 text of variable length, which h5py gives as `str`.
  func textType() throws -> HDF5Handle {
    let type = try Self.require(H5Tcopy(tel_h5_c_string()), H5Tclose, name, "creating")
    _ = H5Tset_size(type.id, Int(bitPattern: UInt.max))
    _ = H5Tset_cset(type.id, H5T_CSET_UTF8)
    return type
  }

  /// Calls `body` with C strings.
  /// - Throws: `HDF5Error.unstorable` for text with a zero byte, which C strings can't have.
  static func withCStrings<R>(
    _ texts: [String], file: String, path: String, _ body: (UnsafeRawPointer) throws -> R
  ) throws -> R {
    if texts.contains(where: { $0.utf8.contains(0) }) {
      throw HDF5Error.unstorable(file: file, path: path, reason: "the text has a zero byte")
    }
    var bytes: [UInt8] = []
    var starts: [Int] = []
    for text in texts {
      starts.append(bytes.count)
      bytes += text.utf8
      bytes.append(0)
    }
    return try bytes.withUnsafeBytes { memory in
      let pointers = starts.map { memory.baseAddress! + $0 }
      return try pointers.withUnsafeBytes { try body($0.baseAddress!) }
    }
  }

  /// Whole rows of the last dimensions, as many as fit in a chunk.
  private static func chunk(_ shape: [Int], _ elementBytes: Int) -> [hsize_t] {
    var chunk = shape
    var bytes = shape.reduce(elementBytes, *)
    for d in chunk.indices where bytes > chunkBytes {
      let rest = bytes / chunk[d]
      chunk[d] = max(1, chunkBytes / rest)
      bytes = rest * chunk[d]
    }
    return chunk.map { hsize_t($0) }
  }
}
