import CHDF5
import Foundation
import Synchronization

/// Memory for the images of large files: reserved whole, taken from the system as the file grows, in large pages where there
/// are some. With the library's own way of growing, building an image takes three times as long as copying its content.
enum ImageMemory {
  /// Smaller images are left to the library.
  private static let smallest = 4 << 20
  /// Bytes reserved, by address.
  private static let reserved = Mutex<[UInt: Int]>([:])

  /// Has the files that are made with these access properties take their memory from here.
  /// - Parameter bytes: about how large the file will become.
  static func provide(for access: hid_t, expecting bytes: Int) {
    guard bytes >= smallest else { return }
    var callbacks = H5FD_file_image_callbacks_t()
    // What the callbacks get is no address but the number of bytes to reserve, so that nobody has to free it.
    callbacks.udata = UnsafeMutableRawPointer(bitPattern: bytes + bytes / 8 + (16 << 20))
    callbacks.udata_copy = { $0 }
    callbacks.udata_free = { _ in 0 }
    callbacks.image_malloc = { size, _, wish in ImageMemory.take(size, reserving: Int(bitPattern: wish)) }
    callbacks.image_realloc = { old, size, _, wish in ImageMemory.grow(old, to: size, reserving: Int(bitPattern: wish))
    }
    callbacks.image_memcpy = { target, source, size, _, _ in memcpy(target!, source!, size) }
    callbacks.image_free = { old, _, _ in
      if let old { ImageMemory.give(old) }
      return 0
    }
    _ = H5Pset_file_image_callbacks(access, &callbacks)
  }

  private static func take(_ size: Int, reserving wish: Int) -> UnsafeMutableRawPointer? {
    let size = max(size, wish)
    let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
    guard let memory = mmap(nil, size, PROT_READ | PROT_WRITE, flags, -1, 0), memory != MAP_FAILED else { return nil }
    madvise(memory, size, Int32(MADV_HUGEPAGE))
    reserved.withLock { $0[UInt(bitPattern: memory)] = size }
    return memory
  }

  private static func grow(
    _ old: UnsafeMutableRawPointer?, to size: Int, reserving wish: Int
  ) -> UnsafeMutableRawPointer? {
    guard let old else { return take(size, reserving: wish) }
    let room = reserved.withLock { $0[UInt(bitPattern: old)] ?? 0 }
    if size <= room { return old }
    guard let new = take(size, reserving: 2 * room) else { return nil }
    new.copyMemory(from: old, byteCount: room)
    give(old)
    return new
  }

  private static func give(_ memory: UnsafeMutableRawPointer) {
    if let size = reserved.withLock({ $0.removeValue(forKey: UInt(bitPattern: memory)) }) { munmap(memory, size) }
  }
}
