import CHDF5
import Foundation
import Synchronization

/// The HDF5 library behind its one lock: it keeps global state, so no two calls may run at the same time.
enum HDF5Library {
  private static let lock = NSRecursiveLock()
  private static let images = Atomic<Int>(0)

  /// A name for an image in memory: the library takes images of one name for one file.
  static func freshName() -> String { "tel-image-\(images.wrappingAdd(1, ordering: .relaxed).newValue)" }

  private static let start: Void = {
    H5open()
    // Files of others must not lead this process to further files.
    H5Lunregister(H5L_TYPE_EXTERNAL)
    _ = tel_h5_refuse_plugins()
  }()

  /// Runs `body` with the library to itself. The library's own printing of errors, a setting of each thread, is off.
  static func locked<R>(_ body: () throws -> R) rethrows -> R {
    try lock.withLock {
      _ = start
      tel_h5_silence()
      return try body()
    }
  }

  /// Why the last call failed, in the library's words, the innermost description first.
  static func lastReason() -> String {
    let names = collect { tel_h5_error_names($0, $1) }
    return names.first ?? "no reason given"
  }

  /// The names that a visiting function of the shim passes to its visitor.
  static func collect(_ visit: (tel_h5_name_visitor, UnsafeMutableRawPointer) -> herr_t) -> [String] {
    let names = Names()
    _ = visit(
      { name, context in
        guard let name, let context else { return }
        Unmanaged<Names>.fromOpaque(context).takeUnretainedValue().list.append(String(cString: name))
      }, Unmanaged.passUnretained(names).toOpaque())
    return names.list
  }

  private final class Names {
    var list: [String] = []
  }
}

/// Owns one identifier of the library (a file, dataset, type, …) and closes it when the last reference goes.
final class HDF5Handle: @unchecked Sendable {
  let id: hid_t
  private let close: (hid_t) -> herr_t

  /// Nil if the call that made `id` failed.
  init?(_ id: hid_t, _ close: @escaping (hid_t) -> herr_t) {
    guard id >= 0 else { return nil }
    (self.id, self.close) = (id, close)
  }

  deinit {
    HDF5Library.locked { _ = close(id) }
  }
}
