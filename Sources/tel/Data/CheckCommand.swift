import ArgumentParser
import Datasets
import Foundation
import Storage
import Tensors
import Training

/// `tel data check DIR`: what a dataset holds, and what is wrong with it.
struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Say what a dataset holds, and what would go wrong with it in training.",
    discussion: """
      DIR is what tel.data.cityscapes, ade20k or voc2012 read, prepared or as downloaded, or it has image and label folders, or is a \
      folder of label PNGs; with LABELS, DIR is a folder of images. Labels may also be pseudo-labels in HDF5: \
      a file, a folder of these, or PATH:/GROUP. All names and headers are looked at, and some images and labels read whole.
      """)

  @Argument(help: ArgumentHelp("A dataset, a folder of images or labels, or pseudo-labels.", valueName: "dir"))
  var folder: String

  @Argument(
    help: ArgumentHelp("The folder of label PNGs, or pseudo-labels, where DIR holds images.", valueName: "labels"))
  var labelFolder: String?

  @Option(help: "How many images and labels of each part are read whole, spread over the list.")
  var images = 200

  @OptionGroup var labels: LabelOptions

  @OptionGroup var compute: ComputeOptions

  func validate() throws {
    if images < 1 { throw ValidationError("--images takes a positive number") }
  }

  func run() throws {
    compute.apply()
    let console = Console.standard
    let parts = try DatasetParts(folder, labels: labelFolder)
    let convention = try convention(of: parts)
    let isGuess = labels.wasGuessed && !parts.isVOC && parts.pseudoLabels == nil
    console.line("labels: \(convention.summary)" + (isGuess ? " (guessed; --dataset says it)" : ""))
    let check = DatasetCheck(parts.parts, convention, sampleCount: images)
    let report = try check.run { what, done, total in console.redraw("\(what) \(done) of \(total)") }
    console.redraw("")
    for part in report.parts { for line in CheckText.lines(part, convention) { console.line(line) } }
    for line in CheckText.colourLines(report) { console.line(line) }
    let findings = report.parts.flatMap { DatasetFinding.all(in: $0, convention) }
    for finding in findings {
      console.line((finding.isProblem ? "problem: " : "note: ") + finding.explanation.text)
    }
    let problems = findings.filter(\.isProblem).count
    if problems > 0 { throw DatasetCheckError.problems(count: problems) }
    console.line("nothing found that would disturb training")
  }
}

extension CheckCommand {
  private func convention(of parts: DatasetParts) throws -> LabelConvention {
    // Labels are read as classes there, whatever file they come from.
    if parts.isVOC, labels.wasGuessed { return LabelConvention(.voc) }
    if let pseudoLabels = parts.pseudoLabels { return pseudoLabels }
    let files = parts.parts.flatMap { part in
      (try? LabelFiles.find(part.labels, except: part.images.map { [$0] } ?? [])) ?? []
    }
    return labels.convention(
      histogram: try LabelFiles.sampleValues(files, count: 48), path: (labelFolder ?? folder).absolutePath,
      isBenchmarkLayout: parts.isBenchmarkLayout)
  }
}

/// What a report says, in words.
enum CheckText {
  static func lines(_ report: PartReport, _ convention: LabelConvention) -> [String] {
    var lines = [head(report)]
    if report.read == 0 { return lines }
    let tally = report.tally
    let labelled = tally.labelled(convention)
    let other = tally.values.filter { !convention.isClass(UInt8($0)) }
    lines.append(
      "  read \(report.read == report.pairs ? "all" : "\(report.read)"): labelled \(DataText.percent(labelled, of: tally.total))"
        + (report.compared > 0 ? ", \(DataText.percent(labelled, of: report.denselyLabelled)) of the dense labels" : "")
        + (other.isEmpty
          ? ""
          : "; no class: "
            + DataText.list(other.map { "\($0) (\(DataText.percent(tally.pixels[$0], of: tally.total)))" })))
    // Plain values mostly have no list of classes: those up to the highest that occurs.
    let isListed = convention.name != .plain || convention.coding.classes.count < 255
    let end = !isListed ? (tally.values.last { convention.isClass(UInt8($0)) } ?? 0) + 1 : 256
    let classes = (0..<end).filter { convention.isClass(UInt8($0)) }
    let present = classes.filter { tally.pixels[$0] > 0 }
    let absent = classes.filter { tally.pixels[$0] == 0 }.compactMap { convention.className(UInt8($0)) }
    lines.append(
      "  \(present.count) of \(DataText.count(classes.count, "class", "classes")) occur"
        + (absent.isEmpty ? "" : "; absent: " + DataText.list(absent, most: 12)))
    if let confidences = report.confidences { lines.append(confidence(confidences)) }
    return lines
  }

  /// How much is left above some confidences.
  private static func confidence(_ histogram: [Int]) -> String {
    let total = histogram.reduce(0, +)
    let shares = [0.5, 0.7, 0.8, 0.9, 0.95, 0.99].map { least in
      let left = histogram[Int((least * 255).rounded(.up))...].reduce(0, +)
      return "\(least) (\(DataText.percent(left, of: total)))"
    }
    return "  pixels with a confidence of at least " + shares.joined(separator: ", ")
  }

  private static func head(_ report: PartReport) -> String {
    var text = "\(report.part.name): "
    let isPseudo = report.part.isPseudoLabelled
    text +=
      report.imageFiles == nil
      ? isPseudo
        ? "labels of " + DataText.count(report.labelFiles, "image", "images")
        : DataText.count(report.labelFiles, "label file", "label files")
      : DataText.count(report.pairs, "image with labels", "images with labels")
    if let images = report.imageFiles, images > report.pairs { text += " of \(images)" }
    let sizes = report.sizes.sorted { ($0.value, $1.key) > ($1.value, $0.key) }
    if sizes.count == 1 { text += ", \(sizes[0].key) pixels" }
    if sizes.count > 1 {
      text += ", sizes " + DataText.list(sizes.map { "\($0.key) (\($0.value))" }, most: 4)
    }
    return text
  }

  /// Colour differences, and the σ that they suggest.
  static func colourLines(_ report: DatasetCheck.Report) -> [String] {
    guard let full = report.colours.median, let quarter = report.quarterColours.median else { return [] }
    // Beyond the largest, filters leak through real borders whatever the noise.
    let (published, largest) = (0.002, 0.1)
    let wanted = ColourDifferences.factor * max(full, quarter)
    // One digit, rounded up: the rule says "at least".
    let unit = wanted > 0 ? pow(10, floor(log10(wanted))) : 1
    let sigma = min(largest, max(published, (wanted / unit - 1e-9).rounded(.up) * unit))
    let advice =
      sigma <= published
      ? "the published σ of the tree loss, 0.002, suits them"
      : String(format: "for the tree loss try sigma = %g", sigma)
        + (wanted > largest ? ", no more, since it would leak through borders: these images are noisy" : "")
    return [
      String(
        format: "squared colour difference of neighbours of one class, median: %.2g, at a quarter of the size %.2g",
        full, quarter),
      "  σ should be at least three times that: " + advice,
    ]
  }
}
