import Autograd
import Foundation
import Tensors
import Testing
import Training

/// Parameters with random values and gradients, and plain arrays of the same numbers for the obvious twin.
private struct Sample {
  var parameters: [NamedParameter]
  var values: [[Double]]
  var gradients: [[Double]]

  init(sizes: [Int]) {
    var random = RandomStream(seed: 5, purpose: "optimiser")
    (parameters, values, gradients) = ([], [], [])
    for (index, size) in sizes.enumerated() {
      let value = (0..<size).map { _ in Float(random.normal()) }
      let gradient = (0..<size).map { _ in Float(random.normal()) }
      let variable = Variable(Tensor(value, shape: [size]), requiresGradient: true)
      variable.gradient = Tensor(gradient, shape: [size])
      parameters.append(NamedParameter(name: "layer\(index).weight", variable: variable))
      values.append(value.map(Double.init))
      gradients.append(gradient.map(Double.init))
    }
  }

  func largestDifference() -> Double {
    zip(parameters, values).flatMap { parameter, values in
      zip(parameter.variable.value.array(of: Double.self), values).map { abs($0 - $1) }
    }.max() ?? 0
  }
}

@Suite struct OptimizerTests {
  @Test(arguments: [(0.0, false), (0.9, false), (0.9, true)])
  func sgdEqualsItsFormula(momentum: Double, nesterov: Bool) throws {
    var sample = Sample(sizes: [3, 70_000, 1])
    let sgd = try SGD(
      sample.parameters, .init(learningRate: 0.1, momentum: momentum, weightDecay: 0.01, nesterov: nesterov))
    var velocities: [[Double]?] = [nil, nil, nil]
    for factor in [1, 0.7, 0.2] {
      try sgd.step(factor: factor, gradientScale: 0.5)
      for p in sample.values.indices {
        let g = zip(sample.gradients[p], sample.values[p]).map { 0.5 * $0 + 0.01 * $1 }
        let v = velocities[p].map { zip($0, g).map { momentum * $0 + $1 } } ?? g
        velocities[p] = v
        let direction = nesterov ? zip(g, v).map { $0 + momentum * $1 } : v
        sample.values[p] = zip(sample.values[p], direction).map { $0 - 0.1 * factor * $1 }
      }
    }
    #expect(sample.largestDifference() < 1e-6)
  }

  @Test func adamWEqualsItsFormula() throws {
    var sample = Sample(sizes: [4, 5])
    let adam = try AdamW(sample.parameters, .init(learningRate: 0.05, weightDecay: 0.1))
    var (means, squares) = (sample.values.map { $0.map { _ in 0.0 } }, sample.values.map { $0.map { _ in 0.0 } })
    for step in 1...4 {
      try adam.step(factor: 0.5, gradientScale: 1)
      for p in sample.values.indices {
        for i in sample.values[p].indices {
          let g = sample.gradients[p][i]
          means[p][i] = 0.9 * means[p][i] + 0.1 * g
          squares[p][i] = 0.999 * squares[p][i] + 0.001 * g * g
          let mean = means[p][i] / (1 - pow(0.9, Double(step)))
          let square = squares[p][i] / (1 - pow(0.999, Double(step)))
          sample.values[p][i] = sample.values[p][i] * (1 - 0.025 * 0.1) - 0.025 * mean / (square.squareRoot() + 1e-8)
        }
      }
    }
    #expect(sample.largestDifference() < 1e-6)
  }

  @Test func aStoredStateContinuesExactly() throws {
    for settings in [
      OptimizerSettings.sgd(.init(learningRate: 0.1, momentum: 0.9, weightDecay: 0.01)),
      .adamW(.init(learningRate: 0.1)),
    ] {
      let (whole, halves) = (Sample(sizes: [3, 4]), Sample(sizes: [3, 4]))
      let one = try settings.optimizer(for: whole.parameters)
      let two = try settings.optimizer(for: halves.parameters)
      for optimizer in [one, two] { try optimizer.step(factor: 1, gradientScale: 1) }
      let three = try settings.optimizer(for: halves.parameters)
      try three.restore(two.state)
      for optimizer in [one, three] { try optimizer.step(factor: 1, gradientScale: 1) }
      for (a, b) in zip(whole.parameters, halves.parameters) {
        #expect(a.variable.value.array(of: Float.self) == b.variable.value.array(of: Float.self))
      }
      #expect(throws: TrainingError.self) { try three.restore(["momentum": ["unknown": Tensor(zeros: [1])]]) }
      #expect(throws: TrainingError.self) { try three.restore(["momentum": ["layer0.weight": Tensor(zeros: [1])]]) }
    }
  }

  @Test func aParameterWithoutGradientStaysAndIsNotRemembered() throws {
    let sample = Sample(sizes: [2, 2])
    sample.parameters[1].variable.gradient = nil
    let sgd = try SGD(sample.parameters, .init(learningRate: 1, momentum: 0.9, weightDecay: 0.5))
    try sgd.step(factor: 1)
    #expect(sample.parameters[1].variable.value.array(of: Double.self) == sample.values[1])
    #expect(sgd.state["momentum"].map { Array($0.keys) } == ["layer0.weight"])
  }

  @Test func anUpdateIsFinishedAlthoughTheUserAskedToStop() throws {
    let sample = Sample(sizes: [200_000])
    let sgd = try SGD(sample.parameters, .init(learningRate: 1))
    Interruption.request()
    defer { Interruption.clear() }
    try sgd.step(factor: 1)
    let expected = zip(sample.values[0], sample.gradients[0]).map { Float($0) - Float($1) }
    #expect(sample.parameters[0].variable.value.array(of: Float.self) == expected)
  }

  @Test func theFirstRuleThatMatchesTakesAParameter() throws {
    let parameters = ["backbone.conv1.weight", "head.backbone.bias", "head.weight"].map {
      NamedParameter(name: $0, variable: Variable(Tensor(zeros: [2]), requiresGradient: true))
    }
    let backbone = try ParameterRule(regex: "^backbone\\.", learningRate: 0.5)
    let groups = try ParameterGroup.sorted(parameters, by: [backbone, .all])
    #expect(
      groups.map { $0.parameters.map(\.name) } == [["backbone.conv1.weight"], ["head.backbone.bias", "head.weight"]])
    #expect(
      groups[0].summary(baseLearningRate: 0.1, weightDecay: 5e-4)
        == "group '^backbone\\.': 1 parameters, 2 numbers, learning rate 0.05, weight decay 0.0005 (backbone.conv1.weight)"
    )
    let error = #expect(throws: TrainingError.self) { try ParameterGroup.sorted(parameters, by: [backbone]) }
    #expect(error?.description.contains("head.backbone.bias") == true)
    #expect(throws: TrainingError.self) { try ParameterRule(regex: "(") }
  }

  @Test func settingsThatMakeNoSenseAreRefused() {
    #expect(throws: TrainingError.self) { try SGD([], .init(learningRate: -1)) }
    #expect(throws: TrainingError.self) { try SGD([], .init(learningRate: 1, momentum: 1)) }
    #expect(throws: TrainingError.self) { try SGD([], .init(learningRate: 1, nesterov: true)) }
  }

  @Test func theGradientNormIsOverAllParameters() throws {
    let sample = Sample(sizes: [70_000, 3])
    let expected = sample.gradients.joined().reduce(0) { $0 + $1 * $1 }.squareRoot()
    let norm = try GradientNorm.total(sample.parameters)
    #expect(abs(norm - expected) < 1e-9 * expected)
    #expect(abs(GradientNorm.scale(norm: norm, limit: 1) * norm - 1) < 1e-5)
    #expect(GradientNorm.scale(norm: 0.5, limit: 1) == 1)
  }

  @Test func theWeightAverageFollowsItsFormulaAndGivesTheWeightsBack() throws {
    let weight = Tensor([1, 2] as [Float], shape: [2])
    let counter = Tensor([3] as [Int64], shape: [])
    let average = try WeightAverage(of: [("w", weight), ("n", counter)], decay: 0.75)
    weight.assign(Tensor([5, 10] as [Float], shape: [2]))
    counter.fill(4)
    try average.update()
    #expect(average.state["w"]!.array(of: Float.self) == [2, 4])
    #expect(average.state["n"]!.array(of: Int64.self) == [4])
    #expect(average.applied { weight.array(of: Float.self) } == [2, 4])
    #expect(weight.array(of: Float.self) == [5, 10])
  }

  /// A parameter that is loaded while an operation still needs its old value gets other memory; the average once kept to the old.
  @Test func theWeightAverageFollowsAParameterToOtherMemory() throws {
    let weight = Variable(Tensor([0] as [Float], shape: [1]))
    let average = try WeightAverage(of: [("w", weight.value)], decay: 0.5)
    weight.value = Tensor([4] as [Float], shape: [1])
    try average.update()
    #expect(average.applied { weight.value.array(of: Float.self) } == [2])
    #expect(weight.value.array(of: Float.self) == [4])
  }

  @Test func whatDoesNotChangeIsItsOwnAverage() throws {
    let values = (0..<1000).map { Float($0) * 0.37 - 100 }
    let average = try WeightAverage(of: [("w", Tensor(values, shape: [1000]))], decay: 0.999)
    for _ in 0..<50 { try average.update() }
    #expect(average.state["w"]!.array(of: Float.self) == values)
  }
}
