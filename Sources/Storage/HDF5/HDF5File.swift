import CHDF5
import Foundation
import Tensors

/// An HDF5 file as an image in memory: read whole from disk and never touched there, or built in memory and written whole.
///
/// Paths name objects as in `"/state/conv1.weight"`; the first slash may be left out, `""` and `"/"` are the root.
/// May be used from any thread: calls wait for the library's one lock.
public final class HDF5File: @unchecked Sendable {
  /// The file's name in errors: its path, or what it was called when it was made.
  public let name: String
  private var handle: HDF5Handle?
  /// The bytes that the library reads from; they outlive `handle`.
  private(set) var source: FileBytes?
  /// Size of the image that was read, which bounds what its datasets can hold; nil for a file made in memory.
  let sourceSize: Int?

  /// The checksums of the file that was read.
  let seal: Seal?
  /// Parts of `seal`, by where their bytes begin, that were not read yet. Guarded by the library's lock.
  var unverified: [Int: Seal.Part] = [:]

  /// Whether what was read had checksums. All files of this house do; those that other programs wrote or changed don't, and
  /// are taken as they are.
  public let isSealed: Bool

  private init(
    name: String, handle: HDF5Handle, source: FileBytes?, sourceSize: Int?, seal: Seal? = nil, isSealed: Bool = false
  ) {
    (self.name, self.handle, self.source, self.sourceSize) = (name, handle, source, sourceSize)
    (self.seal, self.isSealed, unverified) = (seal, isSealed, seal?.partsByStart ?? [:])
  }

  /// Opens a file for reading, from wherever it comes: `HDF5Check` looks at it first. In a sealed file names, shapes, types,
  /// attributes and texts are checked now, the numbers of a dataset when it is read; `verify` checks them all.
  /// - Parameter stays: for one of many files that stay open: it is mapped however small it is.
  /// - Throws: `FileError`; `HDF5Error.damaged`, or `HDF5Error.notReadable` for a file that was cut off or is none.
  public convenience init(reading path: String, stays: Bool = false) throws {
    try self.init(reading: FileBytes(path: path, mappingFrom: stays ? 1 : FileBytes.mapped), copies: false)
  }

  /// - Parameter copies: whether the file's objects will be copied.
  private convenience init(reading source: FileBytes, copies: Bool) throws {
    let (count, seal, isSealed) = try Self.checkedContent(of: source)
    guard count > 0 else { throw HDF5Error.notReadable(file: source.path, reason: "it is empty") }
    try HDF5Check.run(source, count: count, copies: copies)
    self.init(
      name: source.path, handle: try Self.openImage(source, count), source: source, sourceSize: count, seal: seal,
      isSealed: isSealed)
  }

  /// A new, empty file in memory.
  /// - Parameters:
  ///   - name: what errors call it.
  ///   - expectedBytes: about how large it will become; saves growing in small steps.
  public convenience init(creating name: String = "new file", expectedBytes: Int = 0) throws {
    let handle = try HDF5Library.locked {
      let access = try Self.require(H5Pcreate(tel_h5_file_access()), H5Pclose, name, "creating")
      let increment = min(max(expectedBytes / 16, 1 << 16), 1 << 26)
      _ = H5Pset_fapl_core(access.id, increment, false)
      ImageMemory.provide(for: access.id, expecting: expectedBytes)
      return try Self.require(
        H5Fcreate(HDF5Library.freshName(), tel_h5_truncate(), tel_h5_default(), access.id), H5Fclose, name, "creating")
    }
    self.init(name: name, handle: handle, source: nil, sourceSize: nil)
  }

  /// A file in memory that starts with the content of `path`, if there is one. `write(to:)` puts it in its place.
  public convenience init(updating path: String) throws {
    let old = access(path, F_OK) == 0 ? try HDF5File(reading: FileBytes(path: path), copies: true) : nil
    try self.init(creating: path, expectedBytes: old?.sourceSize ?? 0)
    if let old {
      try old.verify()
      try copyEverything(from: old)
    }
  }

  /// Opens the first `count` bytes, which stay the caller's.
  private static func openImage(_ source: FileBytes, _ count: Int) throws -> HDF5Handle {
    try HDF5Library.locked {
      let flags = UInt32(H5LT_FILE_IMAGE_DONT_COPY | H5LT_FILE_IMAGE_DONT_RELEASE)
      guard let handle = HDF5Handle(H5LTopen_file_image(source.bytes, count, flags), H5Fclose) else {
        throw HDF5Error.notReadable(
          file: source.path, reason: "it is damaged or cut off (\(HDF5Library.lastReason()))")
      }
      return handle
    }
  }

  /// Wraps an identifier, or throws what the library said.
  static func require(
    _ id: hid_t, _ close: @escaping (hid_t) -> herr_t, _ file: String, _ operation: String, _ path: String = "/"
  ) throws -> HDF5Handle {
    guard let handle = HDF5Handle(id, close) else {
      throw HDF5Error.failedCall(file: file, path: path, operation: operation, reason: HDF5Library.lastReason())
    }
    return handle
  }

  /// Throws what the library said if `status` tells of a failure.
  func check(_ status: herr_t, _ operation: String, _ path: String) throws {
    if status < 0 {
      throw HDF5Error.failedCall(file: name, path: path, operation: operation, reason: HDF5Library.lastReason())
    }
  }

  /// The library's identifier of the file.
  func opened() throws -> hid_t {
    guard let handle else { throw HDF5Error.closed(file: name) }
    return handle.id
  }

  /// Bytes of a file that was made in memory, as it is now.
  func imageSize() throws -> Int {
    let file = try opened()
    try check(H5Fflush(file, H5F_SCOPE_LOCAL), "flushing", "/")
    var size: hsize_t = 0
    try check(H5Fget_filesize(file, &size), "measuring", "/")
    return Int(clamping: size)
  }

  /// Lets go of the memory. What was not written is lost.
  public func close() {
    HDF5Library.locked {
      handle = nil
      source = nil
    }
  }

  deinit { close() }

  /// Puts the file, as it is now, in the place of `path`, which holds the old content or the new and never a part.
  /// - Throws: `FileError`; `HDF5Error.damaged` for a file that was read.
  public func write(to path: String) throws {
    try HDF5Library.locked {
      let content = try content()
      try Seal(content, try parts(of: content.count)).bytes.withUnsafeBytes {
        try AtomicFile.write([content, $0], to: path)
      }
    }
  }

  /// Finishes a file that was made here: it can't be changed any more, and may be written from any thread.
  /// - Throws: `HDF5Error`.
  public func finished() throws -> HDF5Image {
    try HDF5Library.locked {
      let count = try content().count
      guard let last = handle, source == nil else { throw HDF5Error.closed(file: name) }
      handle = nil
      return HDF5Image(HDF5File(name: name, handle: last, source: nil, sourceSize: nil), byteCount: count)
    }
  }

  /// The bytes of the file as it is now; until the next change.
  func content() throws -> UnsafeRawBufferPointer {
    let file = try opened()
    if let source {
      try verify()
      return UnsafeRawBufferPointer(rebasing: source.buffer.prefix(sourceSize ?? 0))
    }
    try check(H5Fflush(file, H5F_SCOPE_LOCAL), "flushing", "/")
    let size = H5Fget_file_image(file, nil, 0)
    var address: UnsafeMutableRawPointer?
    // The core driver's handle is the address of its pointer to the image: no second copy is made.
    try check(H5Fget_vfd_handle(file, tel_h5_default(), &address), "finding the image of", "/")
    guard size > 0, let image = address?.load(as: UnsafeRawPointer?.self) else {
      throw HDF5Error.failedCall(file: name, path: "/", operation: "finding the image of", reason: "there is none")
    }
    return UnsafeRawBufferPointer(start: image, count: size)
  }

  /// Copies every object and every attribute of the root.
  private func copyEverything(from old: HDF5File) throws {
    try HDF5Library.locked {
      let (file, other) = (try opened(), try old.opened())
      for key in try old.keys("/") {
        let kind = tel_h5_kind_of_link(other, key)
        if kind == tel_h5_link_file {
          throw HDF5Error.type(
            file: name, path: "/" + key, found: "a link into another file", expected: "a file that stands by itself")
        }
        // Copying the object behind a link to a name would make two of it, and fail where there is none.
        let copy = kind == tel_h5_link_object ? H5Ocopy : H5Lcopy
        try check(copy(other, key, file, key, tel_h5_default(), tel_h5_default()), "copying", "/" + key)
      }
      for (key, value) in try old.attributes("/") { try setAttribute(key, of: "/", value) }
    }
  }
}
