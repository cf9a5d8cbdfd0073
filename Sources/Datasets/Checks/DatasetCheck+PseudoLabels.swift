import Storage
import Synchronization
import Tensors

/// Pseudo-labels, which lie in HDF5 files by the images' names.
extension DatasetCheck {
  func readPseudoLabels(
    _ group: String, _ result: inout PartReport, _ report: inout Report,
    progress: @escaping @Sendable (String, Int, Int) -> Void
  ) throws {
    let part = result.part
    let labels: PseudoLabels
    do {
      labels = try PseudoLabels(path: part.labels, group: group)
    } catch let error where !(error is Interrupted) {
      result.unreadable.append((part.labels, error))
      return
    }
    result.labelFiles = labels.count
    var imageOfName: [String: String]?
    if let folder = part.images {
      guard let images = try? ImageFiles.find(folder) else {
        result.missingFolder = folder
        return
      }
      // A data set calls an image by its path below the folder, or by the file's name alone.
      let byPath = Dictionary(images.map { ($0.name, $0.path) }, uniquingKeysWith: { first, _ in first })
      let byFile = Dictionary(images.map { ($0.name.fileName, $0.path) }, uniquingKeysWith: { first, _ in first })
      imageOfName = byPath.merging(byFile) { first, _ in first }
      result.imageFiles = images.count
      result.lonelyLabels = labels.images.filter { imageOfName?[$0] == nil }
      result.lonelyImages = images.map(\.name).filter { !labels.contains($0) && !labels.contains($0.fileName) }
    }
    let names = labels.images.filter { imageOfName == nil || imageOfName?[$0] != nil }
    let whole = Set(LabelFiles.spread(sampleCount, over: names.count))
    let state = Mutex((result: result, report: report, done: 0))
    try Kernel.parallel(names.count) { index in
      let name = names[index]
      let outcome = Result {
        try read(name, labels, image: imageOfName?[name], whole: whole.contains(index))
      }
      state.withLock { state in
        switch outcome {
        case .success(let found): note(found, name, &state.result, &state.report)
        case .failure(let error): state.result.unreadable.append((name, error))
        }
        state.done += 1
        progress("\(part.name): image", state.done, names.count)
      }
    }
    (result, report) = state.withLock { ($0.result, $0.report) }
  }

  /// What an image's labels say: their size, and if it is read whole the rest.
  private struct Found: Sendable {
    var size: (width: Int, height: Int)
    var labels: Image8?
    var confidences: [Int]?
    var colours: (whole: ColourDifferences, quarter: ColourDifferences)?
  }

  private func read(_ name: String, _ labels: PseudoLabels, image: String?, whole: Bool) throws -> Found {
    let size = try image.map(ImageFile.size) ?? labels.size(of: name)
    try labels.check(name, width: size.width, height: size.height)
    var found = Found(size: size)
    if !whole { return found }
    let map = try labels.labels(
      of: name, width: size.width, height: size.height, classes: convention.coding.classes.count, confidence: 0,
      unlabelled: Sample.unlabelled)
    found.labels = map
    found.confidences = try labels.confidences(of: name, width: size.width, height: size.height)
    if let image {
      let image = try ImageFile.read(image).rgb
      var colours = (whole: ColourDifferences(), quarter: ColourDifferences())
      colours.whole.add(image, labels: map)
      colours.quarter.add(image.quarter, labels: map.quarter)
      found.colours = colours
    }
    return found
  }

  private func note(_ found: Found, _ name: String, _ result: inout PartReport, _ report: inout Report) {
    result.sizes["\(found.size.width)x\(found.size.height)", default: 0] += 1
    if let labels = found.labels { note(labels, nil, name, &result) }
    if let more = found.confidences {
      result.confidences = zip(result.confidences ?? [Int](repeating: 0, count: 256), more).map(+)
    }
    if let colours = found.colours {
      report.colours.add(colours.whole)
      report.quarterColours.add(colours.quarter)
    }
  }
}
