import Datasets
import Foundation
import Pictures
import Storage
import Tensors

/// The files that show class maps: `label/NAME.png` with the values of label files, `colour/NAME.png`, and `overlay/NAME.png` with
/// the colours over the image. Names may have slashes: then the files lie in folders of these names.
public struct ClassMapFiles: Sendable {
  /// Where they go.
  public let folder: String
  /// A colour for each class.
  let palette: [RGB]
  /// The value of each of the 256 class ids in a label file.
  let ids: [UInt8]

  /// The folders of the three kinds.
  public static let kinds = ["label", "colour", "overlay"]

  public init(folder: String, palette: [RGB], ids: [UInt8]) {
    precondition(ids.count == 256)
    (self.folder, self.palette, self.ids) = (folder, palette, ids)
  }

  public func path(_ kind: String, _ name: String) -> String { "\(folder)/\(kind)/\(name).png" }

  /// Writes the files of an image.
  /// - Parameters:
  ///   - classes: class ids `[H, W]`.
  ///   - image: `[H, W]` too; without one there is no overlay.
  /// - Throws: `FileError`, `RunError.folder`, `ImageError`.
  public func write(_ classes: Tensor, name: String, over image: Image8? = nil) throws {
    let map = Image8(labels: classes)
    var coded = map
    for i in coded.pixels.indices { coded.pixels[i] = ids[Int(map.pixels[i])] }
    try write(coded, "label", name)
    try write(map.coloured(palette), "colour", name)
    if let image { try write(image.overlaid(with: map, palette), "overlay", name) }
  }

  private func write(_ image: Image8, _ kind: String, _ name: String) throws {
    let path = path(kind, name)
    try RunFolder.make(path.parentFolder, withParents: true)
    try ImageFile.writePNG(image, to: path)
  }
}
