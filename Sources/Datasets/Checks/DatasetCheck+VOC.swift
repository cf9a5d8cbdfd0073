import Foundation
import Storage
import Synchronization
import Tensors

/// Of PASCAL VOC lists say which images belong to a split, and labels are masks of two kinds, strokes or clicks: the check reads what
/// a training would.
extension DatasetCheck {
  func read(
    _ voc: DatasetPart.VOCPart, _ result: inout PartReport, _ report: inout Report,
    progress: @escaping @Sendable (String, Int, Int) -> Void
  ) throws {
    let (name, place) = (result.part.name, result.part.labels)
    let dataset: VOC2012Dataset
    do {
      dataset = try VOC2012Dataset(root: voc.root, split: voc.split, annotation: voc.annotation, skipBad: true)
    } catch let error where !(error is Interrupted) {
      result.unreadable.append((place, error))
      return
    }
    (result.imageFiles, result.labelFiles) = (dataset.count + dataset.skipped.count, dataset.count)
    result.lonelyImages = dataset.skipped
    let good = try checkAll(dataset, &result) { progress("\(name): header", $0, dataset.count) }
    let chosen = LabelFiles.spread(sampleCount, over: good.count).map { good[$0] }
    let state = Mutex((result: result, report: report, done: 0))
    try Kernel.parallel(chosen.count) { index in
      let sample: Sample
      do {
        sample = try dataset.sample(chosen[index])
      } catch {
        return state.withLock { $0.result.unreadable.append((dataset.name(chosen[index]), error)) }
      }
      var colours = (ColourDifferences(), ColourDifferences())
      if voc.annotation == .mask {
        colours.0.add(sample.image, labels: sample.labels)
        colours.1.add(sample.image.quarter, labels: sample.labels.quarter)
      }
      state.withLock { state in
        note(sample.labels, nil, sample.name, &state.result)
        state.report.colours.add(colours.0)
        state.report.quarterColours.add(colours.1)
        state.done += 1
        progress("\(name): map", state.done, chosen.count)
      }
    }
    (result, report) = state.withLock { ($0.result, $0.report) }
  }

  /// The samples in which nothing is wrong with what can be seen without reading images.
  private func checkAll(
    _ dataset: VOC2012Dataset, _ result: inout PartReport, progress: @escaping @Sendable (Int) -> Void
  ) throws -> [Int] {
    let state = Mutex((result: result, good: Set<Int>(), done: 0))
    try Kernel.parallel(dataset.count) { index in
      let outcome = Result {
        try dataset.check(index)
        return try dataset.imageSize(index)
      }
      state.withLock { state in
        switch outcome {
        case .success(let size):
          state.good.insert(index)
          if let size { state.result.sizes["\(size.width)x\(size.height)", default: 0] += 1 }
        case .failure(let error): state.result.unreadable.append((dataset.name(index), error))
        }
        state.done += 1
        progress(state.done)
      }
    }
    result = state.withLock { $0.result }
    return state.withLock { $0.good }.sorted()
  }
}
