import ArgumentParser
import Datasets
import Foundation

extension LabelConvention.Name: ExpressibleByArgument {}
extension SparseLabels.Unit: ExpressibleByArgument {}

/// Options that say what the values of label files mean.
struct LabelOptions: ParsableArguments {
  @Option(help: "What label values mean: cityscapes, ade20k, voc or plain (default: guessed from them, and said).")
  var dataset: LabelConvention.Name?

  @Option(help: ArgumentHelp("Values that are no classes, of plain labels (default: 255).", valueName: "v,v,…"))
  var ignore: LabelValues?

  func validate() throws {
    if ignore != nil, let dataset, dataset != .plain {
      throw ValidationError("--ignore belongs to --dataset plain; the other codings say what is no class")
    }
  }

  /// What was asked for, or else what the values suggest; `wasGuessed` tells.
  func convention(histogram: [Int], path: String, isBenchmarkLayout: Bool = false) -> LabelConvention {
    let name =
      dataset
      ?? (ignore != nil
        ? .plain : LabelConvention.guess(histogram: histogram, path: path, isBenchmarkLayout: isBenchmarkLayout))
    return name == .plain ? LabelConvention(plainClasses: 255, ignored: ignore?.values ?? []) : LabelConvention(name)
  }

  /// Plain values up to the highest that occurs, where all of them are known.
  func convention(plain histogram: [Int]) -> LabelConvention {
    let ignored = ignore?.values ?? []
    let highest = (0..<255).last { histogram[$0] > 0 && !ignored.contains(UInt8($0)) } ?? 0
    return LabelConvention(plainClasses: highest + 1, ignored: ignored)
  }

  var wasGuessed: Bool { dataset == nil && ignore == nil }
}

/// Label values as the command line writes them: 0,255.
struct LabelValues: ExpressibleByArgument {
  var values: [UInt8]

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false).map { UInt8($0) }
    guard parts.allSatisfy({ $0 != nil }) else { return nil }
    values = parts.compactMap(\.self)
  }
}

extension String {
  /// With the working directory before it, so that the names of the folders above count.
  var absolutePath: String { URL(fileURLWithPath: self).standardizedFileURL.path }
}
