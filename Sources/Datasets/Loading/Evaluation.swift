import Storage
import Tensors

/// How images are brought to the network for validation and testing.
public struct EvaluationTransform: Sendable, Equatable {
  /// How large an image is made.
  public enum Size: Sendable, Equatable {
    /// As it is.
    case original
    /// The shorter side gets this length, proportions kept.
    case shorterSide(Int)
    /// Exactly this size, proportions not kept.
    case exact(width: Int, height: Int)
  }

  /// What padding looks like to the network: the mean colour, 0 after normalisation, or black, 0 before it.
  public enum Padding: Sendable, Equatable { case meanColour, black }

  /// How large images are made, bicubic.
  public var size: Size
  /// Pad on the right and below to a multiple of this.
  public var multiple: Int
  public var padding: Padding

  public init(size: Size = .original, multiple: Int = 1, padding: Padding = .meanColour) {
    (self.size, self.multiple, self.padding) = (size, max(1, multiple), padding)
  }

  /// An image ready for the network.
  public struct Input: Sendable {
    /// `[1, 3, H, W]`, normalised and padded.
    public let image: Tensor
    /// Columns and rows that show the image; what lies beyond is padding.
    public let width: Int
    /// See `width`.
    public let height: Int
  }

  /// The size that an image is given, before padding.
  private func resized(width: Int, height: Int) throws -> (width: Int, height: Int) {
    switch size {
    case .original: (width, height)
    case .shorterSide(let side): try ResizeShorterSide(side: side).size(width: width, height: height)
    case .exact(let width, let height): (width, height)
    }
  }

  private func padded(_ side: Int) -> Int { (side + multiple - 1) / multiple * multiple }

  /// Columns and rows of the input that is made of an image.
  public func inputSize(width: Int, height: Int) throws -> (width: Int, height: Int) {
    let size = try resized(width: width, height: height)
    return (padded(size.width), padded(size.height))
  }

  private func resized(_ image: Image8) throws -> Image8 {
    let size = try resized(width: image.width, height: image.height)
    return self.size == .original ? image : Resampling.bicubic(image, width: size.width, height: size.height)
  }

  /// The picture that trees are built on, `[1, 3, H, W]` of the input's size: colours in 0…1, padding black.
  /// - Parameter image: 3 channels, red, green, blue
  public func guide(_ image: Image8) throws -> Tensor {
    let resized = try resized(image)
    let (width, height) = (padded(resized.width), padded(resized.height))
    if (width, height) == (resized.width, resized.height) { return NetworkInput.guide(resized) }
    let padded = Tensor(zeros: [1, 3, height, width])
    for channel in 0..<3 {
      NetworkInput.write(resized, to: padded, index: 0, channel: channel, x: 0, y: 0, table: NetworkInput.guideTable)
    }
    return padded
  }

  /// - Parameter image: 3 channels, red, green, blue
  public func input(_ image: Image8) throws -> Input {
    let resized = try resized(image)
    let (width, height) = (padded(resized.width), padded(resized.height))
    if (width, height) == (resized.width, resized.height) {
      return Input(image: NetworkInput.normalized(resized), width: width, height: height)
    }
    let padded = Tensor(zeros: [1, 3, height, width])
    for channel in 0..<3 {
      let table = NetworkInput.table(channel: channel)
      if padding == .black { try padded.selected(0, index: 0).selected(0, index: channel).fill(Double(table[0])) }
      NetworkInput.write(resized, to: padded, index: 0, channel: channel, x: 0, y: 0, table: table)
    }
    return Input(image: padded, width: resized.width, height: resized.height)
  }
}

/// One image of a data set under evaluation.
public struct EvaluationSample: Sendable {
  /// Its number in the data set.
  public let index: Int
  public let name: String
  /// What the network takes.
  public let input: EvaluationTransform.Input
  /// The image as it was, red, green, blue.
  public let original: Image8
  /// Train ids at the image's own size, `Sample.unlabelled` where there is none.
  public let labels: Image8
}

extension EvaluationSample {
  /// Samples of a data set, made ahead on threads of its own; of data that need the caller's thread, on that.
  /// Samples that can't be read are left out and reported if `skipsBad`, else thrown.
  /// - Parameter indices: which, in this order; nil takes all in theirs.
  public static func sequence(
    _ dataset: any Dataset, indices: [Int]? = nil, transform: EvaluationTransform = .init(), threads: Int = 1,
    skipsBad: Bool = false
  ) -> EvaluationSequence {
    EvaluationSequence(dataset, indices: indices, transform: transform, threads: threads, skipsBad: skipsBad)
  }
}

/// Iterates over a data set for evaluation.
public final class EvaluationSequence {
  private let attempt: @Sendable (Int) throws -> Result<EvaluationSample, BadSample>
  private let source: Prefetcher<Result<EvaluationSample, BadSample>>?
  private let count: Int
  private var position = 0
  private let skipsBad: Bool
  /// Names of the samples that were left out so far.
  public private(set) var skipped: [String] = []

  private struct BadSample: Error {
    let name: String
    let error: any Error
  }

  init(_ dataset: any Dataset, indices: [Int]?, transform: EvaluationTransform, threads: Int, skipsBad: Bool) {
    let attempt: @Sendable (Int) throws -> Result<EvaluationSample, BadSample> = { position in
      let index = indices?[position] ?? position
      do {
        let sample = try dataset.sample(index)
        return .success(
          EvaluationSample(
            index: index, name: sample.name, input: try transform.input(sample.image), original: sample.image,
            labels: sample.labels))
      } catch let error as Interrupted {
        throw error
      } catch {
        return .failure(BadSample(name: dataset.name(index), error: error))
      }
    }
    count = indices?.count ?? dataset.count
    self.skipsBad = skipsBad
    self.attempt = attempt
    source = dataset.requiresCallerThread ? nil : Prefetcher(start: 0, end: count, threads: threads, make: attempt)
  }

  /// The next sample, or nil after the last.
  public func next() throws -> EvaluationSample? {
    while position < count {
      try Interruption.check()
      let result: Result<EvaluationSample, BadSample>
      if let source {
        guard let made = try source.next() else { return nil }
        result = made
      } else {
        result = try attempt(position)
      }
      switch result {
      case .success(let sample):
        position += 1
        return sample
      case .failure(let bad):
        position += 1
        if !skipsBad { throw bad.error }
        skipped.append(bad.name)
      }
    }
    return nil
  }

  /// Ends the threads.
  public func stop() { source?.stop() }
}
