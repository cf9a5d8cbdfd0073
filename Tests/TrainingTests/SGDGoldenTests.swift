import Autograd
import Tensors
import TestSupport
import Testing
import Training

/// Five steps of PyTorch's SGD on a small network, of which values, gradients and momentum after each step are stored.
@Suite struct SGDGoldenTests {
  /// backbone.conv1 (stride 2), bn1, relu, cls_head.0 with bias, cls_head.1 (BN), relu, cls_head.3, resize.
  private final class SmallNetwork {
    let parameters: [NamedParameter]
    let buffers: [String: Tensor]

    init(prefix: String, gain: Double) {
      let shapes: [(String, [Int])] = [
        ("backbone.conv1.weight", [4, 3, 3, 3]), ("backbone.bn1.weight", [4]), ("backbone.bn1.bias", [4]),
        ("cls_head.0.weight", [6, 4, 3, 3]), ("cls_head.0.bias", [6]), ("cls_head.1.weight", [6]),
        ("cls_head.1.bias", [6]), ("cls_head.3.weight", [5, 6, 1, 1]), ("unused.weight", [2, 2, 1, 1]),
        ("unused.bias", [2]),
      ]
      parameters = shapes.map { name, shape in
        let value = Generator.entry(prefix + name, shape, gain: gain)
        return NamedParameter(name: name, variable: Variable(value, requiresGradient: true))
      }
      var buffers: [String: Tensor] = [:]
      for (name, channels) in [("backbone.bn1", 4), ("cls_head.1", 6)] {
        for kind in ["running_mean", "running_var"] {
          buffers["\(name).\(kind)"] = Generator.entry("\(prefix)\(name).\(kind)", [channels], gain: gain)
        }
      }
      self.buffers = buffers
    }

    private func variable(_ name: String) -> Variable { parameters.first { $0.name == name }!.variable }

    private func norm(_ x: Variable, _ name: String) throws -> Variable {
      try x.normalized(
        BatchNormalization(
          weight: variable(name + ".weight"), bias: variable(name + ".bias"),
          runningMean: buffers[name + ".running_mean"]!, runningVariance: buffers[name + ".running_var"]!,
          usesBatchStatistics: true), relu: true)
    }

    func logits(_ x: Tensor) throws -> Variable {
      let stem = try norm(
        Variable(x).convolved(variable("backbone.conv1.weight"), window: .init(stride: 2, padding: 1)), "backbone.bn1")
      let head = try norm(
        stem.convolved(
          variable("cls_head.0.weight"), bias: variable("cls_head.0.bias"), window: .init(padding: 1)), "cls_head.1")
      return try head.convolved(variable("cls_head.3.weight"))
        .resized(height: x.shape[2], width: x.shape[3], .bilinear(alignCorners: true))
    }
  }

  @Test(arguments: ["big_lr", "citys_h48", "voc_like_short"])
  func fiveStepsAgree(name: String) throws {
    let golden = try Golden("sgd.h5")
    let meta = try golden.json("\(name)/meta_json")
    func number(_ key: String) throws -> Double {
      try #require((meta[key] as? Double) ?? (meta[key] as? Int).map(Double.init))
    }
    let total = Int(try number("max_iters"))
    let network = SmallNetwork(prefix: try #require(meta["weights_prefix"] as? String), gain: try number("gain"))
    let optimizer = try SGD(
      network.parameters,
      .init(
        learningRate: try number("base_lr"), momentum: try number("momentum"), weightDecay: try number("weight_decay"),
        rules: [
          try ParameterRule(regex: "^backbone\\."), try ParameterRule(regex: ".", learningRate: try number("nbb_mult")),
        ]))
    let schedule = Schedule.poly(power: try number("power"))
    let shape = try #require(meta["input_shape"] as? [Int])
    for step in 0..<5 {
      let path = "\(name)/step\(step)"
      let x = Generator.uniform("sgd/\(name)/x\(step)", shape, try number("lo"), try number("hi"))
      let loss = try network.logits(x).crossEntropy(labels: try golden.tensor(path + "/labels")).loss
      #expect(abs(loss.value.item - (try golden.number(path + "/loss_f64"))) < 2e-6)
      try loss.backward()
      let factor = try schedule.factor(iteration: step, total: total)
      let rates = optimizer.learningRates.map { $0 * factor }
      for (rate, expected) in zip(rates, try golden.tensor(path + "/lr_f64").array(of: Double.self)) {
        #expect(abs(rate - expected) < 1e-12)
      }
      for parameter in network.parameters where !parameter.name.hasPrefix("unused") {
        expectClose(
          try #require(parameter.variable.gradient), try golden.tensor("\(path)/\(parameter.name)/grad"),
          absolute: 2e-6, "\(path) gradient of \(parameter.name)")
      }
      try optimizer.step(factor: factor)
      let momenta = try #require(optimizer.state["momentum"])
      #expect(momenta.count == 8)
      for parameter in network.parameters {
        let stored = "\(path)/\(parameter.name)"
        expectClose(parameter.variable.value, try golden.tensor(stored + "/param"), absolute: 2e-6, stored)
        if let momentum = momenta[parameter.name] {
          expectClose(momentum, try golden.tensor(stored + "/momentum_buffer"), absolute: 2e-6, stored)
        }
        parameter.variable.gradient = nil
      }
      for (name, buffer) in network.buffers {
        expectClose(buffer, try golden.tensor("\(path)/\(name)"), absolute: 2e-6, name)
      }
    }
  }
}
