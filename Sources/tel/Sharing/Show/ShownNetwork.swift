import Autograd
import Datasets
import Foundation
import Networks
import Pictures
import Scripting
import Storage
import Tensors
import Training
import TreeFilter

/// What a network makes of an image: its prediction, the two trees of the Tree Energy Loss, and a pixel's affinity to all others.
/// An image alone has the tree of its colours.
struct ShownNetwork: Showable {
  private let context: ShowContext
  private let trained: TrainedNetwork?
  private let recorded: RecordedRecipe?
  private let record: RecipeRecord?
  private let image: Image8
  private let labels: Image8?
  private let imageName: String
  private let progress: [String: AttributeValue]

  let about: String

  /// Weights and `--image`, or an image of the recipe's validation data.
  /// - Throws: `SharingError.needsImage`, `.writtenInLua`; what reading throws.
  init(weights path: String, _ context: ShowContext) throws {
    self.context = context
    let file = try WeightFile(path: path)
    let isCheckpoint = file.format == .checkpoint
    record = isCheckpoint ? try Checkpoint.recipe(of: path) : nil
    recorded = record.map { RecordedRecipe($0.resolved) }
    progress = isCheckpoint ? try Checkpoint.progress(of: path) : [:]
    do {
      trained = try TrainedNetwork(file, hints: recorded?.hints ?? NetworkRecognition.Hints())
    } catch let error as RunError {
      if case .otherNetwork = error { throw SharingError.writtenInLua(file: path) }
      throw error
    }
    about = "weights of \(trained?.recognition.summary ?? "a network")"
    if let file = context.image {
      (image, labels, imageName) = (try ImageFile.read(file).rgb, nil, file)
    } else {
      guard let dataset = try context.state.dataset(recorded: record?.resolved["data"]?["val"]) else {
        throw SharingError.needsImage(file: path, what: "it carries no recipe whose validation data values describe")
      }
      let sample = try dataset.sample(try Self.index(context.sample, in: dataset, file: path))
      (image, labels, imageName) = (sample.image.rgb, sample.labels, sample.name)
    }
  }

  /// An image alone.
  init(image path: String, _ context: ShowContext) throws {
    (self.context, trained, recorded, record, progress) = (context, nil, nil, nil, [:])
    (image, labels, imageName) = (try ImageFile.read(path).rgb, nil, path)
    about = "an image of \(image.width)×\(image.height) pixels"
  }

  /// The place of an image given by its name or number.
  private static func index(_ sample: String?, in dataset: any Dataset, file: String) throws -> Int {
    guard dataset.count > 0 else { throw SharingError.needsImage(file: file, what: "its validation data are empty") }
    guard let sample else { return 0 }
    if let number = Int(sample), (1...dataset.count).contains(number) { return number - 1 }
    guard let index = (0..<dataset.count).first(where: { dataset.name($0) == sample }) else {
      throw SharingError.noName(
        sample, file: file, known: ["1 to \(dataset.count)"] + (0..<min(8, dataset.count)).map(dataset.name))
    }
    return index
  }

  var names: [String] {
    let trees = ["trees", "affinity"]
    if context.pixel != nil { return ["affinity", "trees"] + (trained == nil ? [] : ["prediction"]) }
    return trained == nil ? trees : ["prediction"] + trees
  }

  func picture(_ name: String) throws -> Picture {
    switch name {
    case "trees": return .drawing(try treesDrawing())
    case "affinity": return .drawing(try affinityDrawing())
    case "prediction":
      return .drawing(try predictionDrawing())
    default: throw SharingError.noName(name, file: context.file, known: names)
    }
  }

  private func predictionDrawing() throws -> Drawing {
    let prediction = try predictionPictures()
    let width = Plate.width(columns: prediction.pictures.count)
    let cells = prediction.pictures.map { Plate.Cell($0.image, width: width, caption: $0.caption) }
    let legend = ClassLegend.drawing(
      prediction.classes, shown: prediction.shown, width: Double(cells.count) * (width + 14) - 14)
    return Plate(title: prediction.name, rows: [cells], notes: [legend]).drawing()
  }

  /// The image, what the network says of it and, where that is known, the truth.
  func predictionPictures() throws -> PredictionPictures {
    guard let trained else { throw SharingError.noName("prediction", file: context.file, known: names) }
    let views = EvaluationViews(window: recorded?.window)
    let map = Image8(
      labels: try Evaluator(network: trained.network, views: views).classMap(
        of: image, recorded?.transform ?? EvaluationTransform()))
    let count = trained.network.classes ?? 255
    var classes = ClassList(names: ClassList.numbered(count).names, palette: Palette.usual(classes: count))
    if let known = recorded?.coding?.classes, known.count == count { classes = known }
    var pictures = [
      (image: image, caption: "image"),
      (image: map.coloured(classes.palette), caption: "prediction" + iterationText),
    ]
    if let labels { pictures.append((image: labels.coloured(classes.palette), caption: "truth")) }
    let maps = [map] + (labels.map { [$0] } ?? [])
    return PredictionPictures(
      name: imageName, pictures: pictures, classes: classes,
      shown: maps.reduce(into: Set<Int>()) { $0.formUnion(Set($1.pixels).filter { $0 < 255 }.map { Int($0) }) })
  }

  private var iterationText: String {
    if case .integer(let iteration)? = progress["iteration"] { return " after \(iteration) iterations" }
    return ""
  }

  /// A tree, what its distances are of, and the filter's sigma (nil: exp(-d)).
  private typealias Level = (name: String, tree: MinimumSpanningTree, embedding: Tensor, sigma: Double?)

  /// The trees as the loss builds them, at the size of the network's embedding; of an image alone, a quarter of its size.
  private func levels() throws -> [Level] {
    var high: Tensor?
    if let trained {
      var transform = recorded?.transform ?? EvaluationTransform()
      transform.multiple = 1
      trained.network.givesAllOutputs = true
      defer { trained.network.givesAllOutputs = false }
      let input = try transform.input(image)
      guard let embedding = try Evaluator(network: trained.network).output(of: input.image).embedding else {
        throw SharingError.noEmbedding(network: trained.recognition.outline)
      }
      high = embedding.value
    }
    let height = high?.shape[2] ?? max(1, (image.height + 3) / 4)
    let width = high?.shape[3] ?? max(1, (image.width + 3) / 4)
    let guide = try NetworkInput.guide(image).resized(
      height: height, width: width, .bilinear(alignCorners: false))
    let sigma = context.sigma ?? recordedSigma ?? 0.002
    var levels: [Level] = [("low tree: colours", try MinimumSpanningTree.build(guide: guide), guide, sigma)]
    if let high {
      levels.append(("high tree: the network's embedding", try MinimumSpanningTree.build(guide: high), high, nil))
    }
    return levels
  }

  /// The sigma of the recipe's Tree Energy Loss.
  private var recordedSigma: Double? {
    guard case .list(let losses)? = record?.resolved["loss"] else { return nil }
    for loss in losses where loss["constructor"] == "tel.loss.tree_energy" {
      switch loss["sigma"] {
      case .number(let sigma)? where sigma > 0: return sigma
      case .integer(let sigma)? where sigma > 0: return Double(sigma)
      default: break
      }
    }
    return nil
  }

  private func treesDrawing() throws -> Drawing {
    let rows = try levels().map { level in
      let grid = level.tree.grid
      let drawing = TreeDrawing.drawing(
        edges: try level.tree.edges().selected(0, index: 0), width: grid.width, height: grid.height, over: image)
      return [Plate.Cell(drawing, caption: "\(level.name), \(grid.width)×\(grid.height) pixels")]
    }
    return Plate(title: "Minimum spanning trees of \(imageName)", rows: rows).drawing()
  }

  private func affinityDrawing() throws -> Drawing {
    guard let pixel = context.pixel else { throw SharingError.needsPixel }
    guard (0..<image.width).contains(pixel.x), (0..<image.height).contains(pixel.y) else {
      throw PictureError.pixelOutside(x: pixel.x, y: pixel.y, width: image.width, height: image.height)
    }
    let levels = try levels()
    let width = Plate.width(columns: 1 + levels.count)
    var cells = [
      AffinityDrawing.cell(image, width: width, caption: "image", grid: (image.width, image.height), pixel)
    ]
    for level in levels {
      let grid = level.tree.grid
      let at = (x: pixel.x * grid.width / image.width, y: pixel.y * grid.height / image.height)
      let affinity = try treeAffinity(
        of: at.y * grid.width + at.x, embedding: level.embedding, tree: level.tree, sigma: level.sigma)
      let caption = level.name + (level.sigma.map { ", sigma \($0)" } ?? "")
      cells.append(
        AffinityDrawing.cell(
          affinity, width: width, caption: caption, grid: (grid.width, grid.height), at, over: image))
    }
    return Plate(
      title: "Affinity of pixel \(pixel.x),\(pixel.y) of \(imageName)", rows: [cells],
      notes: [AffinityDrawing.legend(width: width)]
    ).drawing()
  }
}

/// An image with its prediction and the truth, in the colours of the classes.
struct PredictionPictures {
  let name: String
  let pictures: [(image: Image8, caption: String)]
  let classes: ClassList
  /// Ids of the classes that occur.
  let shown: Set<Int>
}
