import Foundation
import Storage

/// The probabilities of all classes: `probabilities/NAME.h5` for each image, with `/probabilities/NAME` `[K, H, W]`, float16.
///
/// No more than one image, packed, is in memory. Names may have slashes: then the files lie in folders of these names.
package struct ProbabilityFiles {
  /// In which the folder `probabilities` lies.
  let folder: String

  package init(folder: String) { self.folder = folder }

  private static let group = "probabilities"

  /// Softmax of the logits, resized to the image's own size as class maps are.
  /// - Throws: `HDF5Error`, `FileError`, `RunError.folder`, `Interrupted`.
  package func write(_ image: EvaluatedImage) throws {
    let (height, width) = (image.classes.shape[0], image.classes.shape[1])
    let path = "\(folder)/\(Self.group)/\(image.name).h5"
    let file = try HDF5File(creating: path)
    let planes = try file.createPlanes("/\(Self.group)/\(image.name)", shape: [image.logits.shape[0], height, width])
    let probabilities = ResizedProbabilities(logits: image.logits, height: height, width: width)
    for first in stride(from: 0, to: height, by: planes.pieceRows) {
      let rows = first..<min(height, first + planes.pieceRows)
      try file.write(try probabilities.rows(rows), to: planes, from: first)
    }
    try RunFolder.make(path.parentFolder, withParents: true)
    try file.write(to: path)
  }
}
