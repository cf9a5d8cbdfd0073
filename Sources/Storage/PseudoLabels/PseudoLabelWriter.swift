import Foundation
import Tensors

/// Writes pseudo-labels as a folder of numbered files, each of which is whole, with its checksum, when it appears. Who is stopped
/// goes on behind the last of them.
///
/// In a file: `/pseudo_labels/<image>/labels` and `confidence` (uint8, packed; 255ths), with `top_labels` and `top_confidence` if
/// wanted; attributes `format`, `version` and `class_names` of the root, attributes of `/provenance`, `/recipe`. One file is in
/// memory at a time.
public final class PseudoLabelWriter {
  public static let group = "pseudo_labels"

  /// Where the files go.
  public let folder: String
  /// Names of the images in finished files.
  public private(set) var finished: Set<String> = []
  /// Files that are finished, and their bytes.
  public private(set) var files = 0
  public private(set) var bytes = 0

  private let origin: PseudoLabelOrigin
  private let fileBytes: Int
  private let fileImages: Int
  private var file: HDF5File?
  /// Images in the open file, and the bytes that they take there.
  private var open: (names: [String], bytes: Int) = ([], 0)

  /// - Parameters:
  ///   - folder: there already; what it holds is gone on with.
  ///   - fileBytes: packed bytes from which a file is finished.
  ///   - fileImages: images of a file at most.
  /// - Throws: `PseudoLabelError.otherOrigin` where the folder's files come from elsewhere; what reading throws.
  public init(folder: String, origin: PseudoLabelOrigin, fileBytes: Int = 1 << 24, fileImages: Int = 256) throws {
    (self.folder, self.origin, self.fileBytes, self.fileImages) = (folder, origin, fileBytes, fileImages)
    while FileManager.default.fileExists(atPath: path(files)) {
      let earlier = try HDF5File(reading: path(files))
      try FileFormat.pseudoLabels.check(earlier)
      guard try earlier.attributes("/provenance") == origin.provenance,
        try RecipeRecord(from: earlier, "/recipe") == origin.recipe
      else { throw PseudoLabelError.otherOrigin(file: earlier.name) }
      finished.formUnion(try PseudoLabels.images(in: earlier, "/" + Self.group))
      bytes += try FileBytes(path: path(files)).count
      files += 1
    }
  }

  private func path(_ number: Int) -> String {
    let digits = String(number)
    return "\(folder)/\(String(repeating: "0", count: max(0, 5 - digits.count)))\(digits).h5"
  }

  /// Adds an image; its file is written when it is full.
  /// - Parameter name: as the data set calls it; slashes make groups.
  /// - Throws: `PseudoLabelError.name` for a name that no path can have, or that was there before; `HDF5Error`, `FileError`.
  public func add(_ map: PseudoLabelMap, name: String) throws {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." && !$0.utf8.contains(0) }),
      !finished.contains(name), !open.names.contains(name)
    else { throw PseudoLabelError.name(name, folder: folder) }
    let file = try self.file ?? begin()
    self.file = file
    let path = "/\(Self.group)/\(name)"
    var arrays = [("labels", map.labels), ("confidence", map.confidence)]
    if let top = map.top { arrays += [("top_labels", top.labels), ("top_confidence", top.confidence)] }
    for (key, tensor) in arrays {
      try file.write(path + "/" + key, tensor, compressed: true)
      if case .array(let array) = try file.info(path + "/" + key) { open.bytes += array.storedBytes + 1024 }
    }
    open.names.append(name)
    if open.bytes >= fileBytes || open.names.count >= fileImages { try finish() }
  }

  /// Writes the file that is open, if it has images.
  public func finish() throws {
    guard let file else { return }
    try file.write(to: path(files))
    bytes += try FileBytes(path: path(files)).count
    finished.formUnion(open.names)
    files += 1
    (self.file, open) = (nil, ([], 0))
  }

  private func begin() throws -> HDF5File {
    let file = try HDF5File(creating: path(files), expectedBytes: fileBytes)
    try FileFormat.pseudoLabels.mark(file)
    try file.setAttribute("class_names", of: "/", .strings(origin.classes))
    try file.write(attributes: origin.provenance, of: "/provenance")
    try origin.recipe.write(to: file, "/recipe")
    try file.createGroup("/" + Self.group)
    return file
  }
}
