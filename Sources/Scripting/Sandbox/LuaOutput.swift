import Foundation

/// Where `print` goes. Each call arrives whole and at once, so that it keeps its place among other output.
public struct LuaOutput {
  public var write: (UnsafeRawBufferPointer) throws -> Void

  public init(write: @escaping (UnsafeRawBufferPointer) throws -> Void) { self.write = write }

  /// Writes a line.
  func line(_ text: String) {
    // Where nobody reads any more, the script's own next print says so.
    try? Array((text + "\n").utf8).withUnsafeBytes(write)
  }

  /// The standard output, unbuffered.
  public static var standard: LuaOutput {
    LuaOutput { bytes in
      var rest = bytes
      while !rest.isEmpty {
        let written = Foundation.write(STDOUT_FILENO, rest.baseAddress, rest.count)
        if written < 0 && errno != EINTR { throw ScriptError.outputClosed }
        rest = UnsafeRawBufferPointer(rebasing: rest[max(0, written)...])
      }
    }
  }
}
