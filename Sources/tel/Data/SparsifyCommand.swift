import ArgumentParser
import Datasets
import Foundation
import Pictures
import Storage
import Tensors
import Training

/// `tel data sparsify DIR`: sparse labels from dense ones.
struct SparsifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sparsify", abstract: "Make sparse labels from dense ones: blocks, points or scribbles.",
    discussion: """
      DIR is a dataset in the layout of tel.data.cityscapes, whose SPLIT/label is read and SPLIT/sparse_label/NAME written, or any \
      folder of label PNGs. The new files have the same names and values; what loses its label gets the value that means \
      "unlabelled" (Cityscapes and ADE20K: 0, else 255). Places are drawn by seed and image name. A sheet of pictures \
      is written beside the folder.
      """)

  enum Kind: String, ExpressibleByArgument, CaseIterable { case blocks, points, scribbles }

  @Argument(help: ArgumentHelp("A dataset, or a folder of label PNGs.", valueName: "dir"))
  var folder: String

  @Option(help: "blocks, points or scribbles.")
  var kind: Kind

  @Option(help: "Of blocks: the share of each region that stays labelled, its inner part.")
  var share: Double?

  @Option(help: "Of points and scribbles: how many for each class or object.")
  var points: Int?

  @Option(
    help:
      "Of points and scribbles: for each class of an image, or each object, a connected region (default: class for points, object for scribbles)."
  )
  var per: SparseLabels.Unit?

  @Option(
    help: ArgumentHelp(
      "Where the files go: a name in SPLIT/sparse_label (default: block20, point1, scribble, …), or a folder, with a slash.",
      valueName: "name|dir"))
  var out: String?

  @Option(help: "The part of a dataset that is read.")
  var split = "train"

  @Option(
    help: ArgumentHelp("Where the sheet of pictures goes (default: the folder's name and .png).", valueName: "file.png")
  )
  var picture: String?

  @Flag(help: "Replace sparse labels of these images that are there already.")
  var overwrite = false

  @OptionGroup var labels: LabelOptions

  @OptionGroup var compute: ComputeOptions

  func validate() throws {
    if let share, !(share > 0 && share <= 1) { throw ValidationError("--share takes a number above 0, at most 1") }
    if let points, !(1...10_000).contains(points) { throw ValidationError("--points takes a number from 1 to 10000") }
    if share != nil, kind != .blocks { throw ValidationError("--share belongs to --kind blocks") }
    if points != nil || per != nil, kind == .blocks {
      throw ValidationError("--points and --per belong to --kind points and scribbles")
    }
    if out?.isEmpty == true { throw ValidationError("--out is empty") }
  }

  private var wanted: SparseLabels {
    switch kind {
    case .blocks: .blocks(share: share ?? 0.2)
    case .points: .points(count: points ?? 1, per: per ?? .class)
    case .scribbles: .scribbles(count: points ?? 1, per: per ?? .object)
    }
  }

  /// Where label files are read and written, and where the images are, if they are.
  private struct Places {
    var labels: String
    var output: String
    var images: String?
    var isDataset: Bool
  }

  private func places() throws -> Places {
    if let dense = DatasetParts.folders(of: split, in: folder), FileManager.default.fileExists(atPath: dense.labels) {
      let name = out ?? wanted.folderName
      let output = name.contains("/") ? name : "\(folder)/\(split)/sparse_label/\(name)"
      return Places(labels: dense.labels, output: output, images: dense.images, isDataset: true)
    }
    guard FileManager.default.fileExists(atPath: folder) else { throw FileError.missing(path: folder) }
    guard let out else { throw SparsifyCommandError.noOutput(folder: folder, split: split) }
    return Places(labels: folder, output: out, images: DatasetParts.images(besideLabels: folder), isDataset: false)
  }

  func run() throws {
    compute.apply()
    let console = Console.standard
    let places = try places()
    if places.output.realPath == places.labels.realPath {
      throw SparsifyCommandError.ownInput(folder: places.labels)
    }
    var files = try LabelFiles.find(places.labels, except: [places.output])
    // Sparse labels of a benchmark lie in one folder, whatever folders its dense ones lie in.
    if places.isDataset { files = files.map { .init(name: $0.name.fileName, path: $0.path) } }
    let histogram = try LabelFiles.sampleValues(files)
    let convention = labels.convention(
      histogram: histogram, path: places.labels.absolutePath, isBenchmarkLayout: places.isDataset)
    let values = (0..<256).filter { histogram[$0] > 0 }
    if !values.isEmpty, !values.contains(where: { convention.isClass(UInt8($0)) }) {
      throw SparseLabelError.noClasses(convention: convention.summary, values: values)
    }
    let sheet = picture ?? places.output.deletingTrailingSlashes + ".png"
    if FileManager.default.fileExists(atPath: sheet), !overwrite { throw SparsifyCommandError.pictureExists(sheet) }
    let run = try SparseLabelRun(
      files, wanted, convention, seed: compute.seed, folder: places.output, replaces: overwrite)
    console.line(
      "labels: \(convention.summary)" + (labels.wasGuessed ? " (guessed; --dataset says it)" : ""))
    let progress = FileProgress("label file", total: files.count)
    let report = try run.run(progress: progress.show) { path, error in
      Console.standard.redraw("")
      ErrorReport.tell(FileFailure(path: path, error: error))
    }
    progress.finish()
    for line in SparseLabelText.lines(report, wanted, convention, folder: places.output) { console.line(line) }
    if report.wasInterrupted { throw Interrupted() }
    if report.images > 0 {
      try draw(files.filter { !report.failed.contains($0.name) }, run, convention, images: places.images, to: sheet)
      console.line("picture: \(sheet)")
    }
    if !report.failed.isEmpty { throw SparseLabelError.failed(count: report.failed.count, of: files.count) }
  }

  /// A sheet of a few images.
  private func draw(
    _ files: [ImageFiles.Entry], _ run: SparseLabelRun, _ convention: LabelConvention, images: String?, to path: String
  ) throws {
    var sheet = SparseLabelSheet(convention)
    let pictures = images.flatMap { try? ImageFiles.find($0) } ?? []
    let pictureOfName = Dictionary(
      pictures.map { (LabelFiles.pairingName($0.name), $0.path) }, uniquingKeysWith: { first, _ in first })
    for index in LabelFiles.spread(4, over: files.count) {
      let file = files[index]
      let (dense, sparse) = (try ImageFile.readLabels(file.path), try ImageFile.readLabels(run.path(file)))
      // A picture that can't be read, or doesn't fit, is not what this command is about.
      let image = pictureOfName[LabelFiles.pairingName(file.name)].flatMap { try? ImageFile.read($0) }
        .flatMap { ($0.width, $0.height) == (dense.width, dense.height) ? $0 : nil }
      sheet.add(name: file.name, image: image, dense: dense, sparse: sparse)
    }
    try ImageFile.writePNG(sheet.drawn(), to: path)
  }
}

extension String {
  /// A folder's path as a file beside it begins.
  fileprivate var deletingTrailingSlashes: String {
    (parentFolder as NSString).appendingPathComponent(fileName)
  }
}

/// What a report says, in words.
enum SparseLabelText {
  static func lines(
    _ report: SparseLabelReport, _ kind: SparseLabels, _ convention: LabelConvention, folder: String
  ) -> [String] {
    guard report.images > 0 else { return ["no sparse labels were made"] }
    let (dense, sparse) = (report.dense.labelled(convention), report.sparse.labelled(convention))
    var lines = [
      "\(DataText.count(report.images, "label file", "label files")) in \(folder)",
      "labelled: \(DataText.percent(sparse, of: dense)) of the pixels that have a class, "
        + "\(DataText.percent(sparse, of: report.dense.total)) of all",
    ]
    if case .blocks(let share) = kind, dense > 0, abs(Double(sparse) / Double(dense) / share - 1) > 0.01 {
      lines.append(
        String(format: "  asked for %g %%; every region keeps whole pixels, and at least one", share * 100))
    }
    let present = (0..<256).filter { report.dense.pixels[$0] > 0 && convention.isClass(UInt8($0)) }
    let width = present.compactMap { convention.className(UInt8($0))?.count }.max() ?? 0
    for value in present {
      let name = (value < 10 ? "  " : value < 100 ? " " : "") + "\(value) \(convention.className(UInt8(value)) ?? "")"
      lines.append(
        "  " + name.padded(to: width + 6)
          + "\(DataText.percent(report.sparse.pixels[value], of: report.dense.pixels[value]))".padded(to: 10)
          + "in \(report.sparse.images[value]) of \(DataText.count(report.dense.images[value], "image", "images"))")
    }
    let lost = present.filter { report.sparse.pixels[$0] == 0 }.compactMap { convention.className(UInt8($0)) }
    if !lost.isEmpty { lines.append("classes that got no label: " + DataText.list(lost)) }
    if !report.emptied.isEmpty { lines.append("images that got no label: " + DataText.list(report.emptied)) }
    if !report.withoutClasses.isEmpty {
      lines.append("images without any class in their dense labels: " + DataText.list(report.withoutClasses))
    }
    return lines
  }
}

/// Wishes that can't be met.
enum SparsifyCommandError: ExplainedError, Equatable {
  case noOutput(folder: String, split: String)
  case pictureExists(String)
  case ownInput(folder: String)

  var explanation: Explanation {
    switch self {
    case .noOutput(let folder, let split):
      Explanation(
        "there are no labels of a part \(split) in it, so it is read as a folder of label files, and --out is missing",
        place: folder,
        expected:
          "Cityscapes or ADE20K, prepared (DIR/\(split)/label/NAME.png) or as downloaded, or --out with the folder that sparse labels go to"
      )
    case .ownInput(let folder):
      Explanation(
        "sparse labels would be written over the dense ones that they are made of", place: folder,
        expected: "another folder with --out")
    case .pictureExists(let path):
      Explanation(
        "there is a picture already", place: path, advice: "another --out or --picture, or --overwrite to replace it")
    }
  }
}
