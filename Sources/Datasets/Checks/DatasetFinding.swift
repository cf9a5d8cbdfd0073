import Foundation
import Storage
import Tensors

/// Something that a user should know about a data set.
public struct DatasetFinding: Sendable, Equatable {
  /// Whether training would fail, or go wrong without a word.
  public let isProblem: Bool
  public let explanation: Explanation

  /// All that is to be said about a part, the problems first.
  public static func all(in report: PartReport, _ convention: LabelConvention) -> [DatasetFinding] {
    let found = files(report) + values(report, convention) + sparse(report)
    return found.filter(\.isProblem) + found.filter { !$0.isProblem }
  }

  private static func problem(
    _ report: PartReport, _ what: String, expected: String? = nil, advice: String? = nil
  ) -> DatasetFinding {
    .init(
      isProblem: true, explanation: .init(what, place: report.part.name, expected: expected, advice: advice))
  }

  private static func note(_ report: PartReport, _ what: String, advice: String? = nil) -> DatasetFinding {
    .init(isProblem: false, explanation: .init(what, place: report.part.name, advice: advice))
  }

  /// The first few names, and how many more.
  private static func list(_ names: [String]) -> String {
    names.prefix(3).joined(separator: ", ") + (names.count > 3 ? " and \(names.count - 3) more" : "")
  }

  // MARK: Files

  private static func files(_ report: PartReport) -> [DatasetFinding] {
    if let folder = report.missingFolder {
      return [
        problem(
          report, "there is no folder \(folder), or no image in it", expected: "image and label files of the same names"
        )
      ]
    }
    var found: [DatasetFinding] = []
    if !report.lonelyLabels.isEmpty {
      found.append(
        problem(
          report, "label files without an image: \(list(report.lonelyLabels))",
          advice: "add the images, or train with --skip-bad, which leaves these out"))
    }
    if !report.lonelyImages.isEmpty, !report.part.mayLackLabels {
      found.append(
        problem(
          report, "images without a label file: \(list(report.lonelyImages))",
          advice: "add the labels, or train with --skip-bad, which leaves these out"))
    }
    if !report.sizesDiffer.isEmpty {
      let names = report.sizesDiffer.map { "\($0.name) (\($0.image), labels \($0.labels))" }
      found.append(
        problem(
          report, "labels of another size than their image: \(list(names))",
          advice: "resize labels without interpolation, or mend what shifted names"))
    }
    return found + unreadable(report)
  }

  /// Files that can't be read, those of one reason together.
  private static func unreadable(_ report: PartReport) -> [DatasetFinding] {
    var reasons: [(explanation: Explanation, files: [String])] = []
    for (path, error) in report.unreadable {
      let explanation = (error as? any ExplainedError)?.explanation ?? Explanation("\(error)")
      let file = name(explanation.place ?? path, in: report.part)
      if let index = reasons.firstIndex(where: { $0.explanation.what == explanation.what }) {
        if !reasons[index].files.contains(file) { reasons[index].files.append(file) }
      } else {
        reasons.append((explanation, [file]))
      }
    }
    return reasons.map {
      problem(
        report, "\($0.explanation.what): \(list($0.files))", expected: $0.explanation.expected,
        advice: $0.explanation.advice)
    }
  }

  /// A place without the folders before its file: "a/b.zip, c.xml, line 3" is b.zip, c.xml, line 3. That of an image keeps its
  /// folder's name, since labels are mostly called the same.
  private static func name(_ place: String, in part: DatasetPart) -> String {
    let file = place.prefix { $0 != "," }
    let folder = part.images.map { $0.hasSuffix("/") ? $0 : $0 + "/" }
    let isImage = folder.map { place.hasPrefix($0) } ?? false
    return (isImage ? (part.images ?? "").fileName + "/" : "") + String(file).fileName + place.dropFirst(file.count)
  }

  // MARK: Values

  private static func values(_ report: PartReport, _ convention: LabelConvention) -> [DatasetFinding] {
    guard report.read > 0 else { return [] }
    if convention.looksLikeTrainIDs(report.tally.pixels) || !report.likeTrainIDs.isEmpty {
      return [trainIDs(report, convention)]
    }
    var found: [DatasetFinding] = []
    let unknown = unknownValues(report.tally, convention)
    if !unknown.isEmpty {
      let pixels = unknown.reduce(0) { $0 + report.tally.pixels[$1] }
      let text =
        "values that \(convention.name.rawValue) doesn't have: \(list(unknown.map(String.init))) "
        + String(format: "(%.3g %% of the pixels)", 100 * Double(pixels) / Double(max(1, report.tally.total)))
      if convention.name == .cityscapes {
        found.append(note(report, text, advice: "they count as unlabelled; if they are classes, say --dataset plain"))
      } else {
        found.append(
          problem(
            report, text, expected: convention.summary,
            advice: "mend the values, or name another coding with --dataset"))
      }
    }
    if convention.name == .ade20k, report.tally.pixels[255] > 0 {
      found.append(
        problem(
          report,
          "255 in \(report.tally.images[255]) of \(report.read) maps: classes are had by subtracting 1, and it would become class 254",
          expected: "0 for pixels without a label", advice: "replace 255 by 0"))
    }
    if report.unlabelled.count == report.read {
      found.append(problem(report, "no pixel has a class", expected: convention.summary))
    } else if !report.unlabelled.isEmpty {
      found.append(
        note(
          report, "\(report.unlabelled.count) of \(report.read) maps have no label at all: \(list(report.unlabelled))"))
    }
    return found
  }

  private static func unknownValues(_ tally: LabelTally, _ convention: LabelConvention) -> [Int] {
    switch convention.name {
    case .cityscapes: tally.values.filter { $0 > 33 && $0 < 255 }
    case .ade20k: tally.values.filter { $0 > 150 && $0 < 255 }
    case .voc: tally.values.filter { $0 > 20 && $0 < 255 }
    case .plain: []
    }
  }

  private static func trainIDs(_ report: PartReport, _ convention: LabelConvention) -> DatasetFinding {
    let count = report.likeTrainIDs.count
    let which =
      count == report.read || count == 0 ? "these" : "\(count) of \(report.read) maps (\(list(report.likeTrainIDs)))"
    switch convention.name {
    case .ade20k:
      return problem(
        report, "\(which) look like train ids: values up to 149 are classes from 0 on, and 255 is unlabelled",
        expected: "classes from 1 to 150, and 0 for unlabelled: 255 would become class 254",
        advice: "add 1 to every value, which makes 0 of 255; or read them with tel.data.folder")
    default:
      return problem(
        report, "\(which) look like train ids (0 to 18)",
        expected: "Cityscapes' label ids: 7 road, 8 sidewalk, 11 building, … 33 bicycle",
        advice: "take the files that end in _labelIds.png, not _labelTrainIds.png; or read them with tel.data.folder")
    }
  }

  // MARK: Sparse labels

  private static func sparse(_ report: PartReport) -> [DatasetFinding] {
    guard report.disagreeing > 0 else { return [] }
    let share = String(format: "%.3g %%", 100 * Double(report.disagreeing) / Double(report.compared))
    return [
      problem(
        report,
        "\(share) of the labelled pixels have another class in the dense labels, in \(list(report.disagreeingMaps))",
        expected: "sparse labels with the classes and the coding of the dense ones",
        advice: "make them again with tel data sparsify, if they were not drawn by hand")
    ]
  }
}

/// A data set that training would fail on, or learn wrong things from.
public enum DatasetCheckError: ExplainedError, Equatable {
  case problems(count: Int)

  public var explanation: Explanation {
    switch self {
    case .problems(let count):
      Explanation("\(count == 1 ? "1 problem" : "\(count) problems") would make training fail or learn something wrong")
    }
  }
}
