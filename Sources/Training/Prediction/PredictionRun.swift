import Datasets
import Foundation
import Pictures
import Storage
import Tensors

/// Segments image files one after another, and leaves class ids, colours and overlays as files.
public struct PredictionRun {
  private let evaluator: Evaluator
  private let transform: EvaluationTransform
  private let coding: LabelCoding
  private let images: [ImageFiles.Entry]
  private let files: ClassMapFiles
  private let memory: EvaluationMemory

  /// What came of it.
  public struct Report: Sendable {
    /// Images whose files were written.
    public var done = 0
    /// Names of images that could not be read, or are too large.
    public var failed: [String] = []
    /// Of the images that are done.
    public var seconds = 0.0
    /// How many pixels each class has in all images.
    public var pixels: [Int]

    /// Classes by their share of all pixels, the largest first, those with none left out.
    public func shares(_ classes: ClassList) -> [(name: String, share: Double)] {
      let total = Double(max(1, pixels.reduce(0, +)))
      return zip(classes.names, pixels).filter { $0.1 > 0 }.sorted { $0.1 > $1.1 }.map { ($0.0, Double($0.1) / total) }
    }
  }

  /// Makes ready to write below `folder`.
  /// - Parameters:
  ///   - coding: of as many classes as the network tells apart.
  ///   - replaces: whether files of these images that are there already may be replaced.
  /// - Throws: `OutputError` where files are there already, or would replace an image that is read; `PredictionError` for a
  ///   network of other classes.
  public init(
    _ evaluator: Evaluator, _ images: [ImageFiles.Entry], transform: EvaluationTransform, coding: LabelCoding,
    folder: String, replaces: Bool
  ) throws {
    memory = try EvaluationMemory(evaluator)
    guard coding.classes.count == memory.classes else {
      throw PredictionError.otherClasses(network: memory.classes, expected: coding.classes.count)
    }
    (self.evaluator, self.images, self.transform, self.coding) = (evaluator, images, transform, coding)
    let files = ClassMapFiles(folder: folder, palette: coding.classes.palette, ids: coding.labelIDs)
    try OutputFiles.check(
      images.flatMap { image in ClassMapFiles.kinds.map { files.path($0, image.name) } },
      inputs: images.map(\.path), replaces: replaces, kind: "predictions")
    self.files = files
  }

  /// - Parameters:
  ///   - report: kept up to date, so that it is right after an error too.
  ///   - progress: called with how many images have been tried, before each.
  ///   - failure: called for each image that can't be had, with its file; the rest goes on.
  /// - Throws: `Interrupted` before an image's files are begun; what writing throws.
  public func run(
    _ report: inout Report, progress: (Int) -> Void = { _ in }, failure: (String, any Error) -> Void
  ) throws {
    for (index, entry) in images.enumerated() {
      progress(index)
      try Interruption.check()
      let start = ContinuousClock.now
      guard let (image, classes) = try classes(entry, &report, failure) else { continue }
      try files.write(classes, name: entry.name, over: image)
      for id in classes.array(of: Int32.self) { report.pixels[Int(id)] += 1 }
      report.done += 1
      report.seconds += (ContinuousClock.now - start).inSeconds
    }
    progress(images.count)
  }

  /// An image with its class ids; nil, and a note, where it can't be had.
  private func classes(_ entry: ImageFiles.Entry, _ report: inout Report, _ failure: (String, any Error) -> Void) throws
    -> (image: Image8, classes: Tensor)?
  {
    do {
      let size = try ImageFile.size(entry.path)
      let input = try transform.inputSize(width: size.width, height: size.height)
      try memory.check(height: max(size.height, input.height), width: max(size.width, input.width))
      let image = try ImageFile.read(entry.path).rgb
      return (image, try evaluator.classMap(of: image, transform))
    } catch let error as Interrupted {
      throw error
    } catch {
      report.failed.append(entry.name)
      failure(entry.path, error)
      return nil
    }
  }

  /// A report of nothing done yet.
  public var emptyReport: Report { Report(pixels: [Int](repeating: 0, count: coding.classes.count)) }
}

/// What can go wrong with predictions beside their images.
public enum PredictionError: ExplainedError, Equatable {
  /// Label files have 8 bits, one value of which means no class.
  case tooManyClasses(Int)
  case paletteSize(name: String, colours: Int, classes: Int)
  /// The recipe names other classes than the network tells apart.
  case otherClasses(network: Int, expected: Int)
  /// Some images are missing among the predictions.
  case failed(count: Int, of: Int)

  public var explanation: Explanation {
    switch self {
    case .tooManyClasses(let count):
      Explanation("the network has \(count) classes", expected: "at most 255, since label files have 8 bits per pixel")
    case .otherClasses(let network, let expected):
      Explanation(
        "the network tells \(network) classes apart", expected: "the \(expected) classes of the recipe's data")
    case .paletteSize(let name, let colours, let classes):
      Explanation(
        "the palette \(name) has \(colours) colours, and the network \(classes) classes",
        expected: "a palette with a colour for each class",
        advice: "leave out --palette: there are colours for any number of classes")
    case .failed(let count, let total):
      Explanation("\(count) of \(total) images have no prediction, for the reasons above")
    }
  }
}
