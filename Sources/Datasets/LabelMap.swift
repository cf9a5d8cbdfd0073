/// A class for every pixel of an image, one byte each, rows from the top.
///
/// What the bytes mean depends on where the map is: label ids as the files hold them, or train ids (classes counted from 0,
/// `LabelMap.ignored` where there is none) once a dataset has mapped them.
public struct LabelMap: Sendable, Equatable {
  public let width: Int
  public let height: Int
  public var values: [UInt8]

  /// The train id of pixels without a class.
  public static let ignored: UInt8 = 255

  /// - Parameter values: width·height bytes, row by row
  public init(width: Int, height: Int, values: [UInt8]) {
    precondition(values.count == width * height, "\(values.count) labels for \(width)×\(height)")
    (self.width, self.height, self.values) = (width, height, values)
  }

  @inline(__always) public subscript(x: Int, y: Int) -> UInt8 { values[y * width + x] }
}
