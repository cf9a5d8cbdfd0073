import ArgumentParser
import Datasets
import Foundation
import Networks
import Pictures
import Scripting
import Storage
import Training

/// `tel predict MODEL IMAGE|DIR --out DIR`: what a trained network sees in images.
struct PredictCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict", abstract: "Segment images with a trained network: class ids, colours and overlays.",
    discussion: """
      Writes label/NAME.png (class ids), colour/NAME.png and overlay/NAME.png below --out. The network is told by the names and \
      shapes of its weights; no code that a file carries is run. What a checkpoint records of its recipe decides how images are \
      resized, what classes are called and which values labels have.
      """)

  @Argument(help: ArgumentHelp("A checkpoint, or a file of PyTorch or safetensors.", valueName: "model"))
  var model: String

  @Argument(help: ArgumentHelp("An image, or a folder: all images in it and below.", valueName: "image|dir"))
  var images: String

  @Option(help: ArgumentHelp("The folder that predictions go to.", valueName: "dir"))
  var out: String

  @Option(help: ArgumentHelp("Add up logits over these sizes of the image, as in 0.75,1,1.25.", valueName: "s,s,…"))
  var scales = Scales(values: [1])

  @Flag(help: "Show the mirrored image too.")
  var flip = false

  @Option(help: ArgumentHelp("Show larger images in windows, which need less memory.", valueName: "WxH"))
  var window: PictureSize?

  @Option(help: ArgumentHelp("Use the network, the classes and the image sizes of this recipe.", valueName: "file.lua"))
  var recipe: String?

  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: ArgumentHelp("Change a value of the recipe, as in model.output_stride=8.", valueName: "a.b=value"))
  var changes: [String] = []

  @Option(
    help: "The output stride of DeepLabV3+, which weights don't tell: 8, 16 or 32 (default: as recorded, else 16).")
  var outputStride: Int?

  @Option(help: "Colours: cityscapes, voc or ade20k (default: by the classes).")
  var palette: NamedPalette?

  @Flag(help: "Replace predictions of these images that are there already.")
  var overwrite = false

  @OptionGroup var host: HostOptions

  func validate() throws {
    if let window, window.width < 1 || window.height < 1 { throw ValidationError("--window takes positive sides") }
    if recipe == nil, !changes.isEmpty { throw ValidationError("--set changes a recipe; name it with --recipe") }
    if recipe != nil, outputStride != nil {
      throw ValidationError("with --recipe, say --set model.output_stride=\(outputStride ?? 16)")
    }
  }

  func run() throws {
    let state = try host.makeState()
    let source = try recipe.map { try read($0, state) }
    // A network of Lua's is run by its recipe, which the network doesn't keep.
    defer { extendLifetime((state, source)) }
    let (network, recorded) = try trained(source)
    let coding = try coding(
      recorded, classes: network.classes ?? EvaluationMemory(Evaluator(network: network)).classes)
    let files = try ImageFiles.find(images, except: ClassMapFiles.kinds.map { "\(out)/\($0)" })
    let views = EvaluationViews(
      scales: scales.values, flip: flip,
      window: window.map { EvaluationWindow(height: $0.height, width: $0.width) } ?? recorded?.window)
    let run = try PredictionRun(
      Evaluator(network: network, views: views), files, transform: recorded?.transform ?? EvaluationTransform(),
      coding: coding, folder: out, replaces: overwrite)
    try predict(run, count: files.count, coding.classes)
  }

  /// The recipe that `file` returns.
  private func read(_ file: String, _ state: LuaState) throws -> Recipe {
    let values = try state.run(file: file, arguments: [])
    guard
      let recipe = try Recipe(
        values, file: file, changes: changes.map { try Change($0) }, arguments: [], in: state)
    else { throw RunCommandError.noRecipe(file: file, option: "--recipe") }
    recipe.hasTrainedWeights = true
    return recipe
  }

  /// The network with its weights, and what is known of the recipe that it was trained by.
  private func trained(_ recipe: Recipe?) throws -> (SegmentationNetwork, RecordedRecipe?) {
    if let recipe {
      let network = try recipe.network()
      try network.loadWeights(from: model)
      if try WeightFile(path: model).format == .checkpoint { try network.loadAverage(of: model) }
      return (network, recipe.recorded)
    }
    let file = try WeightFile(path: model)
    let recorded =
      file.format == .checkpoint ? try Checkpoint.recipe(of: model).map { RecordedRecipe($0.resolved) } : nil
    var hints = recorded?.hints ?? NetworkRecognition.Hints()
    if let outputStride { hints.outputStride = outputStride }
    let trained = try TrainedNetwork(file, hints: hints)
    Console.standard.line(
      "model: \(trained.recognition.summary)" + (trained.isAveraged ? ", running average of the weights" : ""))
    return (trained.network, recorded)
  }

  /// The recipe's classes, or numbered ones, with their label values and colours.
  private func coding(_ recorded: RecordedRecipe?, classes count: Int) throws -> LabelCoding {
    guard count <= 255 else { throw PredictionError.tooManyClasses(count) }
    let known = recorded?.coding.flatMap { $0.classes.count == count ? $0 : nil }
    let names =
      known?.classes.names
      ?? (count == ClassList.cityscapes.count ? ClassList.cityscapes : ClassList.numbered(count)).names
    var colours = known?.classes.palette ?? Palette.usual(classes: count)
    if let palette {
      colours = Palette.named(palette.rawValue) ?? colours
      guard colours.count == count else {
        throw PredictionError.paletteSize(name: palette.rawValue, colours: colours.count, classes: count)
      }
    }
    let ids = known?.labelIDs.prefix(count).map(\.self) ?? (0..<count).map { UInt8($0) }
    return LabelCoding(classes: ClassList(names: names, palette: colours), ids: ids)
  }

  /// Runs to the end, or until the user asks to stop, and tells what there is.
  private func predict(_ run: PredictionRun, count: Int, _ classes: ClassList) throws {
    let console = Console.standard
    let progress = Progress(console: console, total: count)
    var report = run.emptyReport
    var lastLine = ContinuousClock.now
    defer {
      progress.finish()
      for line in lines(report, count: count, classes) { console.line(line) }
    }
    try run.run(&report) { done in
      progress.enter(.predicting(done: done, total: count))
      if !console.isTerminal, ContinuousClock.now - lastLine > .seconds(60) {
        console.line("predicted \(done) of \(count) images")
        lastLine = .now
      }
    } failure: { path, error in
      console.redraw("")
      ErrorReport.tell(FileFailure(path: path, error: error))
    }
    if !report.failed.isEmpty { throw PredictionError.failed(count: report.failed.count, of: count) }
  }

  private func lines(_ report: PredictionRun.Report, count: Int, _ classes: ClassList) -> [String] {
    guard report.done > 0 else { return ["no predictions were made"] }
    let images = report.done == 1 ? "1 image" : "\(report.done) images"
    let speed = String(format: "%.3g s per image", report.seconds / Double(report.done))
    let shares = report.shares(classes)
    let shown = shares.prefix(6).map { "\($0.name) \(String(format: "%.1f %%", 100 * $0.share))" }
    return [
      "\(images)\(report.done < count ? " of \(count)" : "") in \(out)/{\(ClassMapFiles.kinds.joined(separator: ","))}, \(speed)",
      "classes: " + shown.joined(separator: ", ") + (shares.count > 6 ? ", \(shares.count - 6) more" : ""),
    ]
  }
}

/// Factors as the command line writes them: 0.75,1,1.25.
struct Scales: ExpressibleByArgument {
  var values: [Double]

  init(values: [Double]) { self.values = values }

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) }
    guard parts.allSatisfy({ $0.map(EvaluationViews.scaleRange.contains) == true }) else { return nil }
    values = parts.compactMap(\.self)
  }

  var defaultValueDescription: String { values.map { String(format: "%g", $0) }.joined(separator: ",") }
}

/// The palettes that have names.
enum NamedPalette: String, ExpressibleByArgument, CaseIterable {
  case cityscapes, voc, ade20k
}
