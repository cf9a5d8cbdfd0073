import Foundation
import Storage
import Tensors

/// Label maps on disk.
public enum LabelFiles {
  /// What Cityscapes calls its label maps, beside pictures of them in the same folders.
  private static let cityscapesEnding = "_labelIds"

  /// The label maps in a folder and the folders in it, sorted by name, or the one file at `path`. Where some have the original
  /// names of Cityscapes (`…_gtFine_labelIds.png`), only these.
  /// - Parameter excluded: folders that are left out.
  /// - Throws: `FileError`; `DatasetError.noImages` for a folder without any.
  public static func find(_ path: String, except excluded: [String] = []) throws -> [ImageFiles.Entry] {
    let files = try ImageFiles.find(path, except: excluded)
    let original = files.filter { $0.name.hasSuffix(cityscapesEnding) }
    return original.isEmpty ? files : original
  }

  /// The pixels of each of the 256 values in a few of the files, spread over the list; files that can't be read don't count.
  /// - Throws: `Interrupted`
  public static func sampleValues(_ files: [ImageFiles.Entry], count: Int = 24) throws -> [Int] {
    var histogram = [Int](repeating: 0, count: 256)
    for index in spread(count, over: files.count) {
      try Interruption.check()
      if let map = try? ImageFile.readLabels(files[index].path) { map.addValues(to: &histogram) }
    }
    return histogram
  }

  /// At most `count` of the numbers `0..<total`, evenly spread, the first among them.
  public static func spread(_ count: Int, over total: Int) -> [Int] {
    let count = min(count, total)
    return (0..<count).map { $0 * total / count }
  }

  /// The name by which the file of an image and those of its labels pair: files of Cityscapes end in what they are.
  public static func pairingName(_ name: String) -> String { frame(of: name) ?? name }

  /// City, sequence and frame at the start of a name of Cityscapes, as in `aachen_000000_000019`; nil for other names.
  public static func frame(of name: String) -> String? {
    let file = name.split(separator: "/").last ?? ""
    let parts = file.split(separator: "_", maxSplits: 3, omittingEmptySubsequences: false)
    guard parts.count >= 3, !parts[0].isEmpty else { return nil }
    for number in parts[1...2] where number.count != 6 || !number.allSatisfy({ $0.isASCII && $0.isNumber }) {
      return nil
    }
    return parts[0..<3].joined(separator: "_")
  }
}

extension Image8 {
  /// Counts the pixels of each value.
  public func addValues(to histogram: inout [Int]) {
    precondition(histogram.count == 256 && channels == 1)
    for value in pixels { histogram[Int(value)] += 1 }
  }
}
