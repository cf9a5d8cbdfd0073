import Datasets
import Storage
import Testing
import Training

@Suite struct PublishedEvaluationTests {
  private func data(_ count: Int, _ transform: EvaluationTransform = .init()) -> ValidationData {
    ValidationData(dataset: PixelExperiment.data(count: count), transform: transform)
  }

  private func line(_ data: ValidationData) -> String {
    EvaluationProtocol.line(images: data.count, of: data, views: EvaluationViews())
  }

  @Test func ade20kIsValidatedOnTheFirstImageOfEachProcessesBatch() {
    let described = EvaluationTransform(size: .shorterSide(512), multiple: 8)
    // Four processes take images by turns, so the first of process p's batch b is image 16 b + p.
    let validation = PublishedEvaluation.ade20k.applied(to: data(40, described), inTraining: true)
    #expect(validation.indices == [0, 1, 2, 3, 16, 17, 18, 19, 32, 33, 34, 35])
    #expect(validation.transform == EvaluationTransform(size: .shorterSide(512), multiple: 8, padding: .black))
    #expect(line(validation).hasPrefix("published: 12 images (of 40: the first of each process's batch of 4)"))
    #expect(line(validation).contains("multiples of 8 in black"))
    #expect(PublishedEvaluation.ade20k.applied(to: data(2000), inTraining: true).count == 500)
    // 33 are filled up to 36: processes 1 to 3 begin their last batch with images 0, 1, 2.
    #expect(PublishedEvaluation.ade20k.applied(to: data(33), inTraining: true).indices?.suffix(4) == [32, 0, 1, 2])
  }

  @Test func ade20kIsTestedOnAllWithExchangedColours() {
    let described = EvaluationTransform(size: .shorterSide(512), multiple: 8)
    let test = PublishedEvaluation.ade20k.applied(to: data(40, described), inTraining: false)
    #expect(test.indices == nil && test.count == 40 && test.transform == described)
    #expect(test.palette[0] == RGB(40, 40, 200), "the class's own colour is (200, 40, 40)")
    #expect(line(test).contains("red and blue of label pictures exchanged"))
  }

  @Test func voc2012IsSquashed() {
    let squashed = EvaluationTransform(size: .exact(width: 512, height: 512))
    let test = PublishedEvaluation.voc2012.applied(to: data(9), inTraining: false)
    #expect(test.transform == squashed && test.indices == nil)
    #expect(line(test).contains("resized to 512×512 without keeping proportions, whole"))
    let validation = PublishedEvaluation.voc2012.applied(to: data(9), inTraining: true)
    #expect(validation.indices == Array(0..<9) + [0, 1, 2])
    #expect(line(validation).contains("12 images (of 9: filled up from the start for 4 processes)"))
  }

  @Test func cityscapesHasNoDefects() {
    for inTraining in [true, false] {
      let published = PublishedEvaluation.cityscapes.applied(to: data(8), inTraining: inTraining)
      #expect(published.indices == nil && published.transform == .init() && published.peculiarities.isEmpty)
      #expect(line(published).hasPrefix("published: 8 images at their own size, whole, one scale, no flip"))
    }
    #expect(line(data(8)).hasPrefix("8 images"))
  }

  @Test func onlyTheChosenImagesAreScored() throws {
    var chosen = data(6)
    let evaluator = Evaluator(network: PixelNetwork(classes: 3, seed: 1))
    chosen.indices = [4, 4]
    let twice = try evaluator.validate(chosen)
    chosen.indices = [4]
    let once = try evaluator.validate(chosen)
    #expect(twice.images == 2 && twice.matrix.counts == once.matrix.counts.map { 2 * $0 })
  }
}
