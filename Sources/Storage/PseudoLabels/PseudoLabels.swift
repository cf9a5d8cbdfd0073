import Foundation
import Tensors

/// Pseudo-labels in HDF5 files, by this house or by anybody: a group with a group for each image, which holds `labels` `[H, W]`,
/// integers, and mostly `confidence` `[H, W]`, 255ths as uint8 or fractions as floats. Safe to use from any thread.
public struct PseudoLabels: Sendable {
  /// In which the images of a file are.
  private let group: String
  private let files: [HDF5File]
  /// Which file has an image.
  private let places: [String: Int]
  /// What errors call all of it.
  public let name: String

  /// - Parameters:
  ///   - path: a file, a folder of files that end in `.h5`, or a pattern with `*` and `?`. Of an image that several have, the first
  ///     file by name counts.
  ///   - group: in each file, `/pseudo_labels` where we wrote it.
  /// - Throws: `FileError`, `HDF5Error`; `PseudoLabelError.nothing`; `FormatError.newer`.
  public init(path: String, group: String) throws {
    let group = "/" + group.split(separator: "/").joined(separator: "/")
    name = "\(path):\(group)"
    let paths = try Self.files(path)
    if paths.isEmpty { throw PseudoLabelError.nothing(place: name) }
    var (files, places): ([HDF5File], [String: Int]) = ([], [:])
    for path in paths {
      let file = try HDF5File(reading: path, stays: true)
      if try file.attribute("format", of: "/") == .string(FileFormat.pseudoLabels.name) {
        try FileFormat.pseudoLabels.check(file)
      }
      for image in try Self.images(in: file, group) where places[image] == nil { places[image] = files.count }
      files.append(file)
    }
    if places.isEmpty { throw PseudoLabelError.nothing(place: name) }
    (self.group, self.files, self.places) = (group, files, places)
  }

  /// The files that a path means, sorted by name; none for a pattern or a folder without any.
  /// - Throws: `FileError`.
  public static func files(_ path: String) throws -> [String] {
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) {
      if !isFolder.boolValue { return [path] }
      do {
        return try FileManager.default.contentsOfDirectory(atPath: path).sorted()
          .filter { $0.hasSuffix(".h5") && !$0.hasPrefix(".") }.map { path + "/" + $0 }
      } catch {
        throw FileError.unreadable(path: path, reason: "the folder can't be listed")
      }
    }
    guard path.contains("*") || path.contains("?") else { throw FileError.missing(path: path) }
    var found = glob_t()
    defer { globfree(&found) }
    guard glob(path, 0, nil, &found) == 0 else { return [] }
    return (0..<Int(found.gl_pathc)).compactMap { found.gl_pathv[$0].map { String(cString: $0) } }
  }

  /// The images below a group of a file.
  static func images(in file: HDF5File, _ group: String) throws -> [String] {
    guard try file.exists(group) else { return [] }
    return try file.datasets(below: group).compactMap { path in
      path.hasSuffix("/labels") ? String(path.dropLast("/labels".count)) : nil
    }
  }

  /// Path and group of a place that is written `PATH:/GROUP`; nil for another text.
  public static func parts(of place: String) -> (path: String, group: String)? {
    place.range(of: ":/", options: .backwards).map {
      (String(place[..<$0.lowerBound]), String(place[$0.upperBound...]))
    }
  }

  /// How many images there are labels of.
  public var count: Int { places.count }

  /// Their names, sorted.
  public var images: [String] { places.keys.sorted() }

  /// What the classes are called, by class id, if the first of the files says it.
  public var classNames: [String]? {
    guard case .strings(let names)? = try? files[0].attribute("class_names", of: "/") else { return nil }
    return names
  }

  public func contains(_ image: String) -> Bool { places[image] != nil }

  /// The file that has an image's labels.
  public func file(of image: String) -> String? { places[image].map { files[$0].name } }

  /// Where an image's labels are: a file and a group in it.
  private func place(_ image: String) throws -> (file: HDF5File, path: String) {
    guard let index = places[image] else {
      throw PseudoLabelError.missing(image: image, place: name, others: 0)
    }
    return (files[index], "\(group)/\(image)")
  }

  /// Finds what can be found wrong with the labels of an image of this size without reading them.
  public func check(_ image: String, width: Int, height: Int) throws {
    let (file, path) = try place(image)
    _ = try array("labels", of: image, file, path, height, width)
    if try file.exists(path + "/confidence") { _ = try array("confidence", of: image, file, path, height, width) }
  }

  /// The size of an image by its labels.
  public func size(of image: String) throws -> (width: Int, height: Int) {
    let (file, path) = try place(image)
    guard case .array(let array) = try file.info(path + "/labels"), array.shape.count == 2 else {
      throw PseudoLabelError.array(
        file: file.name, image: image, path: path + "/labels", found: "something else", expected: "integers [H, W]")
    }
    return (array.shape[1], array.shape[0])
  }

  /// How many pixels of an image have a confidence of i 255ths, rounded up, for i from 0 to 255; nil where it has none.
  public func confidences(of image: String, width: Int, height: Int) throws -> [Int]? {
    let (file, path) = try place(image)
    guard try file.exists(path + "/confidence") else { return nil }
    let stored = try array("confidence", of: image, file, path, height, width)
    let confidence = try file.read(path + "/confidence")
    var histogram = [Int](repeating: 0, count: 256)
    if stored.type == .uint8 {
      for value in confidence.array(of: UInt8.self) { histogram[Int(value)] += 1 }
    } else {
      // What is no number isn't sure of anything.
      for value in confidence.array(of: Float.self) {
        histogram[value > 0 ? Int((min(1, value) * 255).rounded(.up)) : 0] += 1
      }
    }
    return histogram
  }

  /// The description of an array, which is of the image's size. Nothing larger is ever read.
  private func array(
    _ key: String, of image: String, _ file: HDF5File, _ path: String, _ height: Int, _ width: Int
  ) throws -> StoredArray {
    let wanted = key == "labels" ? "integers" : "uint8 or floats"
    guard case .array(let array) = try file.info(path + "/" + key),
      key == "labels" ? !array.type.isFloating : array.type.isFloating || array.storedType == "uint8"
    else {
      throw PseudoLabelError.array(
        file: file.name, image: image, path: path + "/" + key, found: "something else", expected: wanted)
    }
    guard array.shape == [height, width] else {
      throw PseudoLabelError.array(
        file: file.name, image: image, path: path + "/" + key, found: "of the shape \(array.shape)",
        expected: "[\(height), \(width)], the image's height and width")
    }
    return array
  }

  /// The class ids of an image, `unlabelled` where there is none: for -1, for 255, and below a confidence.
  /// - Parameters:
  ///   - width, height: of the image.
  ///   - classes: how many there are, at most 255.
  ///   - least: confidence that a label must have at least, 0…1. Without confidences in the file all count as 1.
  ///   - unlabelled: the value for pixels without a class.
  /// - Throws: `PseudoLabelError`, which names file and image; `HDF5Error`.
  public func labels(
    of image: String, width: Int, height: Int, classes: Int, confidence least: Double, unlabelled: UInt8
  ) throws -> Image8 {
    let (file, path) = try place(image)
    _ = try array("labels", of: image, file, path, height, width)
    let labels = try file.read(path + "/labels").array(of: Int64.self)
    var pixels = [UInt8](repeating: unlabelled, count: labels.count)
    for (index, label) in labels.enumerated() where label != -1 {
      if label >= 0 && label < Int64(classes) {
        pixels[index] = UInt8(label)
      } else if label != 255 {
        throw PseudoLabelError.otherClass(
          file: file.name, image: image, value: Int(label), classes: classes)
      }
    }
    if least > 0, try file.exists(path + "/confidence") {
      let stored = try array("confidence", of: image, file, path, height, width)
      let confidence = try file.read(path + "/confidence")
      if stored.type == .uint8 {
        let least = UInt8((least * 255).rounded(.up))
        for (index, value) in confidence.array(of: UInt8.self).enumerated() where value < least {
          pixels[index] = unlabelled
        }
      } else {
        // What is no number isn't sure of anything.
        let least = Float(least)
        for (index, value) in confidence.array(of: Float.self).enumerated() where !(value >= least) {
          pixels[index] = unlabelled
        }
      }
    }
    return Image8(width: width, height: height, channels: 1, pixels: pixels)
  }
}

/// Pseudo-labels that can't be used, or not be written.
public enum PseudoLabelError: ExplainedError, Equatable {
  case nothing(place: String)
  case missing(image: String, place: String, others: Int)
  /// An array of an image that isn't as it must be.
  case array(file: String, image: String, path: String, found: String, expected: String)
  case otherClass(file: String, image: String, value: Int, classes: Int)
  case name(String, folder: String)
  case otherOrigin(file: String)

  public var explanation: Explanation {
    switch self {
    case .nothing(let place):
      Explanation(
        "there are no pseudo-labels in it", place: place,
        expected: "HDF5 files with labels [H, W], and confidence if they have any, in GROUP/IMAGE",
        advice: "write PATH:/GROUP, where PATH is a file, a folder of .h5 files or a pattern")
    case .missing(let image, let place, let others):
      Explanation(
        "there are no pseudo-labels of the image \(image)" + (others > 0 ? " and of \(others) more" : ""), place: place,
        expected: "a group of the image's name, with labels [H, W]",
        advice: "label all images, or leave out the others with --skip-bad")
    case .array(let file, let image, let path, let found, let expected):
      // The same words whatever the image, so that a check can tell all of them at once.
      Explanation(
        (path.hasSuffix("/labels") ? "the labels are " : "the confidences are ") + found,
        place: "\(file), image \(image)", expected: expected)
    case .otherClass(let file, let image, let value, let classes):
      Explanation(
        "the labels hold the class id \(value)", place: "\(file), image \(image)",
        expected: "0 to \(classes - 1), or -1 or 255 for pixels without a label")
    case .name(let name, let folder):
      Explanation(
        "pseudo-labels can't be stored of an image named '\(name)'", place: folder,
        expected: "different names, without parts that are empty, . or ..")
    case .otherOrigin(let file):
      Explanation(
        "these pseudo-labels were made from other weights, or by another recipe or protocol", place: file,
        advice: "leave out --resume to write a folder of their own")
    }
  }
}
