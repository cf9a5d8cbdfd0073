import Datasets
import Foundation
import Pictures
import Scripting
import Storage
import Tensors

/// Maps of class ids in a file: pseudo-labels with their confidence, predictions, or probabilities; with the image and the truth
/// where their data set can be opened.
struct ShownMaps: Showable {
  private enum Kind: String, CaseIterable {
    case pseudoLabels = "pseudo_labels"
    case predictions, probabilities

    var text: String {
      switch self {
      case .pseudoLabels: "pseudo-labels"
      case .predictions: "predictions"
      case .probabilities: "probabilities"
      }
    }
  }

  private let content: HDF5File
  private let kind: Kind
  private let context: ShowContext
  /// Names of images.
  let names: [String]

  /// Nil for a file without such maps.
  init?(_ content: HDF5File, _ context: ShowContext) throws {
    guard let kind = try Kind.allCases.first(where: { try content.exists("/" + $0.rawValue) }) else { return nil }
    (self.content, self.kind, self.context) = (content, kind, context)
    let paths = try content.datasets(below: "/" + kind.rawValue)
    names =
      kind == .pseudoLabels
      ? paths.compactMap { $0.hasSuffix("/labels") ? String($0.dropLast("/labels".count)) : nil } : paths
    if names.isEmpty { throw SharingError.nothingToShow(file: context.file, what: "/\(kind.rawValue) is empty") }
  }

  var about: String { "\(kind.text) of \(names.count) \(names.count == 1 ? "image" : "images")" }

  func picture(_ name: String) throws -> Picture {
    guard names.contains(name) else { throw SharingError.noName(name, file: context.file, known: names) }
    let (labels, confidence) = try maps(name)
    guard labels.rank == 2, labels.count > 0 else {
      throw SharingError.nothingToShow(file: context.file, what: "\(name) is \(labels.shape), no map [H, W]")
    }
    let map = Image8(labels: labels)
    let record = context.record()
    let highest = Int(map.pixels.filter { $0 < 255 }.max() ?? 0)
    var classes = ClassList.numbered(highest + 1)
    if case .strings(let named)? = try content.attribute("class_names", of: "/"), named.count > highest {
      classes = ClassList(names: named, palette: Palette.usual(classes: named.count))
    }
    if let known = record.flatMap({ RecordedRecipe($0.resolved).coding?.classes }), known.count > highest {
      classes = known
    }
    let (image, truth) = try sample(name, record, width: map.width, height: map.height)
    let maps = [map] + (truth.map { [$0] } ?? [])
    let width = Plate.width(columns: 1 + (image == nil ? 0 : 1) + (truth == nil ? 0 : 1) + (confidence == nil ? 0 : 1))
    var cells = image.map { [Plate.Cell($0, width: width, caption: "image")] } ?? []
    cells.append(Plate.Cell(map.coloured(classes.palette), width: width, caption: kind.text))
    if let confidence {
      cells.append(
        Plate.Cell(
          HeatMap.image(confidence, width: map.width, height: map.height), width: width, caption: "confidence"))
    }
    if let truth {
      cells.append(Plate.Cell(truth.coloured(classes.palette), width: width, caption: "labels of the data set"))
    }
    let whole = cells.reduce(0) { $0 + $1.drawing.width + 14 } - 14
    let shown = maps.reduce(into: Set<Int>()) { $0.formUnion(Set($1.pixels).filter { $0 < 255 }.map { Int($0) }) }
    var notes = [ClassLegend.drawing(classes, shown: shown, width: whole)]
    if confidence != nil {
      notes.append(
        HeatMap.legend([(0, "0"), (0.5, "0.5"), (1, "1")], caption: "confidence", width: min(whole, 360)))
    }
    return .drawing(Plate(title: name, rows: [cells], notes: notes).drawing())
  }

  /// Class ids, and how sure they are, 0…1.
  private func maps(_ name: String) throws -> (labels: Tensor, confidence: [Double]?) {
    let path = "/\(kind.rawValue)/\(name)"
    switch kind {
    case .predictions: return (try content.read(path), nil)
    case .pseudoLabels:
      let labels = try content.read(path + "/labels")
      guard try content.exists(path + "/confidence") else { return (labels, nil) }
      let stored = try content.read(path + "/confidence")
      guard stored.shape == labels.shape else {
        throw FormatError.content(
          file: context.file, what: "\(path)/confidence is \(stored.shape), labels are \(labels.shape)")
      }
      let scale = stored.type.isFloating ? 1 : 255.0
      return (labels, stored.array(of: Double.self).map { $0 / scale })
    case .probabilities:
      let stored = try content.read(path)
      guard stored.rank == 3, stored.count > 0 else { return (stored, nil) }
      let values = stored.array(of: Float.self)
      let pixels = stored.shape[1] * stored.shape[2]
      var (best, ids) = (Array(values[..<pixels]), [Int32](repeating: 0, count: pixels))
      for id in 1..<max(1, stored.shape[0]) {
        for pixel in 0..<pixels where values[id * pixels + pixel] > best[pixel] {
          (best[pixel], ids[pixel]) = (values[id * pixels + pixel], Int32(id))
        }
      }
      return (Tensor(ids, shape: Array(stored.shape[1...])), best.map { Double($0) })
    }
  }

  /// The image of this name, and its labels, from `--image` or the recipe's data sets; those of another size are left out.
  private func sample(_ name: String, _ record: RecipeRecord?, width: Int, height: Int) throws -> (
    image: Image8?, labels: Image8?
  ) {
    if let file = context.image { return (try ImageFile.read(file).rgb, nil) }
    let data = record?.resolved["data"]
    for part in kind == .pseudoLabels ? ["train", "val"] : ["val", "train"] {
      guard let dataset = try? context.state.dataset(recorded: data?[part]),
        let index = (0..<dataset.count).first(where: { dataset.name($0) == name }),
        let sample = try? dataset.sample(index)
      else { continue }
      let fits = sample.labels.width == width && sample.labels.height == height
      return (sample.image.rgb, fits ? sample.labels : nil)
    }
    return (nil, nil)
  }
}
