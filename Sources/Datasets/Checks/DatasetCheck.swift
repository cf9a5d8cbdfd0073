import Foundation
import Storage
import Synchronization
import Tensors

/// Goes through the files of a data set: all names and headers, and a few images and label maps of each part whole.
public struct DatasetCheck: Sendable {
  public let parts: [DatasetPart]
  public let convention: LabelConvention
  /// How many maps of each part are read whole, spread over the list.
  public let sampleCount: Int

  public init(_ parts: [DatasetPart], _ convention: LabelConvention, sampleCount: Int) {
    (self.parts, self.convention, self.sampleCount) = (parts, convention, sampleCount)
  }

  /// What came of it.
  public struct Report: Sendable {
    public var parts: [PartReport] = []
    /// Of the images that were read with dense labels, or with sparse ones where there are no others: at their own size, and at
    /// the quarter of it at which a network of stride 4 has its loss.
    public var colours = ColourDifferences()
    public var quarterColours = ColourDifferences()
  }

  /// - Parameter progress: called with what is being done, how much of it, and of how many, from any thread.
  /// - Throws: `Interrupted`
  public func run(progress: @escaping @Sendable (String, Int, Int) -> Void = { _, _, _ in }) throws -> Report {
    var report = Report()
    for part in parts {
      var result = PartReport(part)
      if let voc = part.voc {
        try read(voc, &result, &report, progress: progress)
      } else if let group = part.pseudoLabelGroup {
        try readPseudoLabels(group, &result, &report, progress: progress)
      } else {
        let pairs = list(part, &result)
        let usable = try readHeaders(pairs, &result) { progress("\(part.name): header", $0, pairs.count) }
        try readMaps(usable, &result, &report) { progress("\(part.name): map", $0, min(sampleCount, usable.count)) }
      }
      result.sortNames()
      report.parts.append(result)
    }
    return report
  }

  private struct Pair: Sendable {
    let name: String
    let image: String?
    let labels: String
    var dense: String?
  }

  private func list(_ part: DatasetPart, _ result: inout PartReport) -> [Pair] {
    guard let labels = try? LabelFiles.find(part.labels, except: part.images.map { [$0] } ?? []) else {
      result.missingFolder = part.labels
      return []
    }
    result.labelFiles = labels.count
    guard let folder = part.images else { return labels.map { Pair(name: $0.name, image: nil, labels: $0.path) } }
    guard let images = try? ImageFiles.find(folder, except: [part.labels]) else {
      result.missingFolder = folder
      return []
    }
    result.imageFiles = images.count
    func paths(_ files: [ImageFiles.Entry]) -> [String: String] {
      Dictionary(files.map { (LabelFiles.pairingName($0.name), $0.path) }, uniquingKeysWith: { first, _ in first })
    }
    let (imageOfName, labelsOfName) = (paths(images), paths(labels))
    let denseOfName = paths(part.dense.flatMap { try? LabelFiles.find($0) } ?? [])
    result.lonelyLabels = labels.map(\.name).filter { imageOfName[LabelFiles.pairingName($0)] == nil }
    result.lonelyImages = images.map(\.name).filter { labelsOfName[LabelFiles.pairingName($0)] == nil }
    return labels.compactMap { label in
      let key = LabelFiles.pairingName(label.name)
      return imageOfName[key].map { Pair(name: label.name, image: $0, labels: label.path, dense: denseOfName[key]) }
    }
  }

  /// The pairs whose headers are in order.
  private func readHeaders(
    _ pairs: [Pair], _ result: inout PartReport, progress: @escaping @Sendable (Int) -> Void
  ) throws -> [Pair] {
    let state = Mutex((result: result, good: Set<Int>(), done: 0))
    try Kernel.parallel(pairs.count) { index in
      let pair = pairs[index]
      func size(_ path: String) -> (width: Int, height: Int)? {
        do {
          return try ImageFile.size(path)
        } catch {
          state.withLock { $0.result.unreadable.append((path, error)) }
          return nil
        }
      }
      func text(_ size: (width: Int, height: Int)) -> String { "\(size.width)x\(size.height)" }
      let labels = size(pair.labels)
      let image = pair.image.map(size)
      state.withLock { state in
        if let labels { state.result.sizes[text(labels), default: 0] += 1 }
        if let labels, let image, let image {
          if image == labels {
            state.good.insert(index)
          } else {
            state.result.sizesDiffer.append((pair.name, text(image), text(labels)))
          }
        } else if labels != nil, image == nil {
          state.good.insert(index)
        }
        state.done += 1
        progress(state.done)
      }
    }
    result = state.withLock { $0.result }
    let good = state.withLock { $0.good }
    return pairs.indices.filter(good.contains).map { pairs[$0] }
  }

  private func readMaps(
    _ pairs: [Pair], _ result: inout PartReport, _ report: inout Report, progress: @escaping @Sendable (Int) -> Void
  ) throws {
    let part = result.part
    // Colours are measured once, where labels say most about them.
    let measures = part.dense == nil
    let state = Mutex((result: result, report: report, done: 0))
    let chosen = LabelFiles.spread(sampleCount, over: pairs.count)
    try Kernel.parallel(chosen.count) { index in
      let pair = pairs[chosen[index]]
      func read<T>(_ path: String, _ body: () throws -> T) -> T? {
        do {
          return try body()
        } catch {
          state.withLock { $0.result.unreadable.append((path, error)) }
          return nil
        }
      }
      let labels = read(pair.labels) { try ImageFile.readLabels(pair.labels) }
      let image = pair.image.flatMap { path in read(path) { try ImageFile.read(path).rgb } }
      let dense = pair.dense.flatMap { try? ImageFile.readLabels($0) }
      var colours: (ColourDifferences, ColourDifferences)?
      if measures, let labels, let image, (image.width, image.height) == (labels.width, labels.height) {
        let classes = convention.coding.mapped(labels)
        var both = (ColourDifferences(), ColourDifferences())
        both.0.add(image, labels: classes)
        both.1.add(image.quarter, labels: classes.quarter)
        colours = both
      }
      state.withLock { state in
        if let labels { note(labels, dense, pair.name, &state.result) }
        if let colours {
          state.report.colours.add(colours.0)
          state.report.quarterColours.add(colours.1)
        }
        state.done += 1
        progress(state.done)
      }
    }
    (result, report) = state.withLock { ($0.result, $0.report) }
  }

  /// Counts what a label map holds, and how it agrees with the dense one of the same image.
  func note(_ labels: Image8, _ dense: Image8?, _ name: String, _ result: inout PartReport) {
    var histogram = [Int](repeating: 0, count: 256)
    labels.addValues(to: &histogram)
    result.read += 1
    result.tally.add(histogram)
    if (0..<256).allSatisfy({ histogram[$0] == 0 || !convention.isClass(UInt8($0)) }) { result.unlabelled.append(name) }
    if convention.looksLikeTrainIDs(histogram) { result.likeTrainIDs.append(name) }
    guard let dense, (dense.width, dense.height) == (labels.width, labels.height) else { return }
    let (sparse, truth) = (convention.coding.mapped(labels), convention.coding.mapped(dense))
    var wrong = 0
    for (here, there) in zip(sparse.pixels, truth.pixels) {
      if there != Sample.unlabelled { result.denselyLabelled += 1 }
      guard here != Sample.unlabelled else { continue }
      result.compared += 1
      if here != there { wrong += 1 }
    }
    result.disagreeing += wrong
    if wrong > 0 { result.disagreeingMaps.append(name) }
  }
}

extension LabelConvention {
  /// Whether label values look like train ids, where label files are expected to hold other values for the classes.
  /// - Parameter histogram: pixels of each of the 256 values
  public func looksLikeTrainIDs(_ histogram: [Int]) -> Bool {
    let highest = (0..<255).last { histogram[$0] > 0 } ?? 0
    switch name {
    case .cityscapes:
      // Among the ids up to 18 there are few classes, and few pixels have the others.
      guard highest < coding.classes.count else { return false }
      let valued = (1...18).reduce(0) { $0 + histogram[$1] }
      let foreign = (1...18).reduce(0) { $0 + (isClass(UInt8($1)) ? 0 : histogram[$1]) }
      return foreign * 10 > valued && highest > 0
    case .ade20k: return histogram[255] > 0 && highest < coding.classes.count && highest > 0
    case .voc, .plain: return false
    }
  }
}
