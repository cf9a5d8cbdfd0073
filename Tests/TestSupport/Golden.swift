import Foundation
import Storage
import Tensors

/// A file of reference numbers under `Tests/Golden`; `golden.tensor("case/guide")` reads one array.
public struct Golden: Sendable {
  public let file: HDF5File

  /// The folder of the reference files.
  public static let folder = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Golden").path

  public init(_ name: String) throws {
    file = try HDF5File(reading: Golden.folder + "/" + name)
  }

  /// An array in the type it is stored in.
  public func tensor(_ path: String) throws -> Tensor { try file.read(path) }

  /// An array converted to `type`, for checks in float64 against inputs stored as float32.
  public func tensor(_ path: String, _ type: ElementType) throws -> Tensor { try file.read(path).converted(to: type) }

  /// A number stored with shape (1,).
  public func number(_ path: String) throws -> Double { try file.read(path).item }

  /// Metadata: JSON stored as bytes. Numbers come as `Int` or `Double`.
  public func json(_ path: String = "meta_json") throws -> [String: Any] {
    let bytes = try file.read(path).array(of: UInt8.self)
    let object = try JSONSerialization.jsonObject(with: Data(bytes))
    guard let result = object as? [String: Any] else { throw GoldenError.notAnObject(path) }
    return result
  }

  public func keys(_ path: String = "/") throws -> [String] { try file.keys(path) }
  public func has(_ path: String) throws -> Bool { try file.exists(path) }
}

public enum GoldenError: Error {
  case notAnObject(String)
}
