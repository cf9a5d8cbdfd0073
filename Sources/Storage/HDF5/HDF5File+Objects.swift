import CHDF5
import Tensors

/// Finding and describing objects.
extension HDF5File {
  /// The components of a path.
  private static func components(_ path: String) -> [Substring] { path.split(separator: "/") }

  /// `path` with one slash at the front and none at the end.
  static func absolute(_ path: String) -> String { "/" + components(path).joined(separator: "/") }

  /// Whether there is an object at `path`.
  public func exists(_ path: String) throws -> Bool {
    try HDF5Library.locked { try deepest(path).missing.isEmpty }
  }

  /// The longest part of `path` that exists, and what is missing below it. Only names of objects themselves count: links to names
  /// can lead in circles, and links to files out of this one.
  private func deepest(_ path: String) throws -> (found: String, missing: [Substring]) {
    let file = try opened()
    let all = Self.components(path)
    var found = ""
    for (index, component) in all.enumerated() {
      let next = found + "/" + component
      guard H5Lexists(file, next, tel_h5_default()) > 0, tel_h5_kind_of_link(file, next) == tel_h5_link_object else {
        return (found.isEmpty ? "/" : found, Array(all[index...]))
      }
      found = next
    }
    return (found.isEmpty ? "/" : found, [])
  }

  /// Opens the object at `path`, of any kind.
  func object(_ path: String) throws -> HDF5Handle {
    let (found, missing) = try deepest(path)
    guard missing.isEmpty else {
      let next = (found == "/" ? "" : found) + "/" + missing[0]
      let kind =
        H5Lexists(try opened(), next, tel_h5_default()) > 0 ? tel_h5_kind_of_link(try opened(), next) : tel_h5_link_none
      if kind != tel_h5_link_none {
        throw HDF5Error.type(
          file: name, path: next,
          found: kind == tel_h5_link_name ? "a link to another name" : "a link into another file",
          expected: "the object itself, since links are not followed")
      }
      var nearest: [String] = []
      if case .group = try info(found) { nearest = try keys(found).map { found == "/" ? "/" + $0 : found + "/" + $0 } }
      throw HDF5Error.noObject(file: name, path: Self.absolute(path), nearest: nearest)
    }
    return try Self.require(H5Oopen(try opened(), found, tel_h5_default()), H5Oclose, name, "opening", found)
  }

  /// What is at `path`, without reading it.
  /// - Throws: `HDF5Error.noObject`.
  public func info(_ path: String) throws -> StoredObject {
    try HDF5Library.locked {
      let object = try object(path)
      switch H5Iget_type(object.id) {
      case H5I_GROUP: return .group
      case H5I_DATASET: return try describe(object, path)
      default: return .other("a named type")
      }
    }
  }

  /// Describes an open dataset.
  func describe(_ dataset: HDF5Handle, _ path: String) throws -> StoredObject {
    let type = try Self.require(H5Dget_type(dataset.id), H5Tclose, name, "reading the type of", path)
    let space = try Self.require(H5Dget_space(dataset.id), H5Sclose, name, "reading the shape of", path)
    let shape = Self.shape(of: space)
    if H5Tget_class(type.id) == H5T_STRING { return .text(shape: shape) }
    guard let (typeName, read) = HDF5Number.classify(type.id), H5Sget_simple_extent_type(space.id) != H5S_NULL else {
      return .other(HDF5Number.describe(type.id))
    }
    return .array(
      StoredArray(
        shape: shape, type: read, storedType: typeName,
        storedBytes: Int(truncatingIfNeeded: H5Dget_storage_size(dataset.id))))
  }

  /// The extent of a data space; sizes beyond any memory stay beyond it.
  static func shape(of space: HDF5Handle) -> [Int] {
    let rank = Int(H5Sget_simple_extent_ndims(space.id))
    guard rank > 0 else { return [] }
    var extent = [hsize_t](repeating: 0, count: rank)
    H5Sget_simple_extent_dims(space.id, &extent, nil)
    return extent.map { Int(clamping: $0) }
  }

  /// The names in a group, in the order of their bytes.
  /// - Throws: `HDF5Error` if there is no group.
  public func keys(_ path: String = "/") throws -> [String] {
    try HDF5Library.locked {
      let object = try object(path)
      guard H5Iget_type(object.id) == H5I_GROUP else {
        throw HDF5Error.type(
          file: name, path: Self.absolute(path), found: try info(path).text, expected: "a group")
      }
      return HDF5Library.collect { tel_h5_link_names(object.id, $0, $1) }
    }
  }

  /// Every dataset below `path`, as paths that start there, in the order of their bytes. A group that has several names is looked
  /// into under the first of them; links are not followed.
  public func datasets(below path: String = "/") throws -> [String] {
    try HDF5Library.locked {
      var result: [String] = []
      var met = Set<haddr_t>()
      func visit(_ group: HDF5Handle, _ prefix: String) throws {
        guard met.insert(tel_h5_address(group.id)).inserted else { return }
        for key in HDF5Library.collect({ tel_h5_link_names(group.id, $0, $1) })
        where tel_h5_kind_of_link(group.id, key) == tel_h5_link_object {
          let object = try Self.require(
            H5Oopen(group.id, key, tel_h5_default()), H5Oclose, name, "opening", prefix + key)
          if H5Iget_type(object.id) == H5I_GROUP {
            try visit(object, prefix + key + "/")
          } else {
            result.append(prefix + key)
          }
        }
      }
      let top = try object(path)
      guard H5Iget_type(top.id) == H5I_GROUP else {
        throw HDF5Error.type(file: name, path: Self.absolute(path), found: try info(path).text, expected: "a group")
      }
      try visit(top, "")
      return result
    }
  }
}
