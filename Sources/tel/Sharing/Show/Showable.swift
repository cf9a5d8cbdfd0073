import Datasets
import Foundation
import Pictures
import Scripting
import Storage
import Tensors

/// What `tel show` can draw of a file.
protocol Showable {
  /// What the file is, in a few words.
  var about: String { get }
  /// What there is to draw, the most useful first.
  var names: [String] { get }
  /// - Throws: `SharingError.noName`, and what reading and computing throw.
  func picture(_ name: String) throws -> Picture
}

/// What the command line says beside the file.
struct ShowContext {
  let file: String
  /// `--image`
  var image: String?
  /// `--pixel`, of the image, from 0.
  var pixel: (x: Int, y: Int)?
  /// `--sample`: the name or the number, from 1, of an image of the recorded data.
  var sample: String?
  var sigma: Double?
  let state: LuaState

  /// What draws the file.
  /// - Throws: `FileError`, `HDF5Error`, `FormatError`, `SharingError`.
  func showable() throws -> any Showable {
    if (try? ImageFile.size(file)) != nil { return try ShownNetwork(image: file, self) }
    guard try WeightFile.format(of: file) == .checkpoint else { return try ShownNetwork(weights: file, self) }
    let content = try HDF5File(reading: file)
    switch try content.attribute("format", of: "/") {
    case .string(FileFormat.checkpoint.name): return try ShownNetwork(weights: file, self)
    case .string(FileFormat.run.name): return ShownRun(try RunFile(contentsOf: file), file: file)
    default: return try ShownMaps(content, self) ?? ShownArrays(content)
    }
  }

  /// The recipe that the file carries, or the results beside it: in its folder, or up to three above.
  func record() -> RecipeRecord? {
    if let record = try? RecipeRecord(of: file) { return record }
    var folder = URL(fileURLWithPath: file).deletingLastPathComponent()
    for _ in 0..<4 {
      let results = folder.appendingPathComponent("results.h5").path
      if FileManager.default.fileExists(atPath: results) { return try? RecipeRecord(of: results) }
      folder.deleteLastPathComponent()
    }
    return nil
  }
}

/// Curves of a run's results.
struct ShownRun: Showable {
  let run: RunFile
  let file: String

  init(_ run: RunFile, file: String) { (self.run, self.file) = (run, file) }

  var about: String { "results of a run" }

  private var charts: [CurveChart] { RunCurves.charts(run.metrics) }

  var names: [String] {
    let columns = run.metrics.sorted { $0.key < $1.key }.flatMap { phase, table in
      (table.columns.keys.sorted() + table.vectors.keys.sorted()).map { phase + "/" + $0 }
    }
    let curves = charts.isEmpty ? [] : ["curves"]
    let classes = run.iouPerClass() == nil ? [] : ["classes"]
    // Of a test there is one row only, which makes no curve.
    return (run.scorePhase == "test" ? classes + curves : curves + classes) + columns
  }

  func picture(_ name: String) throws -> Picture {
    if name == "curves", !charts.isEmpty {
      return .drawing(CurveChart.stacked(charts, title: "Curves of \(file)"))
    }
    let classes = (0..<(run.iouPerClass()?.count ?? 0)).map(run.className)
    if name == "classes", let bars = RunCurves.bars(classColumn, run.metrics, entries: classes) {
      return .drawing(bars)
    }
    if let chart = RunCurves.chart(name, run.metrics, entries: classes) { return .drawing(chart.drawing()) }
    guard let bars = RunCurves.bars(name, run.metrics, entries: classes) else {
      throw SharingError.noName(name, file: file, known: names)
    }
    return .drawing(bars)
  }

  private var classColumn: String { run.scorePhase + "/iou_per_class" }
}

/// Arrays of any other HDF5 file, by their shapes.
struct ShownArrays: Showable {
  private let content: HDF5File
  let names: [String]

  init(_ content: HDF5File) throws {
    self.content = content
    names = try content.datasets().filter { name in
      guard case .array(let array) = try content.info(name) else { return false }
      return Self.isDrawable(array.shape)
    }
    if names.isEmpty {
      throw SharingError.nothingToShow(file: content.name, what: "it has no array [N], [H, W] or [3, H, W]")
    }
  }

  private static func isDrawable(_ shape: [Int]) -> Bool {
    guard shape.allSatisfy({ (1...16384).contains($0) }) else { return shape.count == 1 && shape[0] > 0 }
    return (1...2).contains(shape.count) || shape.count == 3 && [1, 3].contains(shape[0])
  }

  var about: String { "HDF5" }

  func picture(_ name: String) throws -> Picture {
    guard names.contains(name) else { throw SharingError.noName(name, file: content.name, known: names) }
    let array = try content.read(name)
    switch array.rank {
    case 1:
      let values = array.array(of: Double.self)
      return .drawing(
        CurveChart(title: name, xLabel: "", lines: [.init(name, at: Array(values.indices), values)]).drawing())
    case 2 where array.type.isFloating: return .drawing(HeatMap.drawing(of: array, title: name))
    case 2:
      let map = Image8(labels: array)
      return .pixels(map.coloured(Palette.usual(classes: Int(map.pixels.filter { $0 < 255 }.max() ?? 0) + 1)))
    default:
      guard let image = try array.shownImage() else {
        throw SharingError.nothingToShow(file: content.name, what: "\(name) is \(array.shape)")
      }
      return .pixels(image)
    }
  }
}
