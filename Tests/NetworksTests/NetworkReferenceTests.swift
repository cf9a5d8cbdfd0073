import Autograd
import Networks
import Tensors
import TestSupport
import Testing
import TreeFilter

/// The networks against the published system, at the tolerances of the reference files.
@Suite(.serialized) struct NetworkReferenceTests {
  /// All cases of a file share one network, so that only one is in memory at a time.
  @Test(
    arguments: [
      "model_hrnet_w48_cityscapes.h5", "model_hrnet_w48_ade20k.h5", "model_deeplabv3p_r101_voc2012.h5",
      "model_treefcn_r101_voc2012.h5",
    ], [Convolution.Algorithm.fastest, .direct])
  func agreesWithTheReference(_ file: String, _ algorithm: Convolution.Algorithm) throws {
    Convolution.algorithm = algorithm
    defer {
      Convolution.algorithm = .fastest
      BufferPool.shared.trim()
    }
    let reference = try ReferenceNetwork(file)
    try checkState(reference)
    try checkEvaluation(reference)
    try checkFrozenTraining(reference)
    try checkTraining(reference)
  }

  private func checkState(_ reference: ReferenceNetwork) throws {
    let expected = try #require(reference.meta["state_dict"] as? [[Any]])
    let state = reference.network.state()
    #expect(state.map(\.name) == expected.map { $0[0] as? String ?? "" })
    #expect(state.map(\.tensor.shape) == expected.map { $0[1] as? [Int] ?? [-1] })
    #expect(reference.network.parameters().map(\.name) == (reference.meta["param_order"] as? [String]))
    #expect(reference.network.parameterCount == (reference.meta["param_count"] as? Int))
    let entries = try #require(
      ["hrnet": 1844, "deeplabv3p": 698, "treefcn": 726].first { reference.name.contains($0.key) })
    #expect(state.count == entries.value)
  }

  private func checkEvaluation(_ reference: ReferenceNetwork) throws {
    let (golden, network) = (reference.golden, reference.network)
    network.isTraining = false
    let images = try reference.evaluationImages()
    try Tape.withoutRecording {
      for (index, map) in try network.features(images).enumerated() {
        let path = "eval/backbone\(index)"
        let values = map.value.array(of: Double.self)
        #expect(map.shape == (try golden.tensor("\(path)/shape").array(of: Int64.self).map(Int.init)))
        let first = Tensor(Array(values.prefix(64)), shape: [64])
        expectRelativeL2(first, try golden.tensor("\(path)/first64"), 1e-5, path)
        let norm = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
        let expected = try golden.number("\(path)/l2")
        #expect(abs(norm - expected) < 1e-5 * expected)
        let means = try map.value.channelSums().applying(
          .affine(scale: 1 / Double(map.shape[2] * map.shape[3]), shift: 0))
        expectRelativeL2(means, try golden.tensor("\(path)/channel_mean"), 1e-5, path)
      }
      #expect(try network(images).coarse == nil && network(images).embedding == nil)
      network.givesAllOutputs = true
      defer { network.givesAllOutputs = false }
      let output = try network(images)
      let coarse = try #require(output.coarse)
      expectRelativeL2(coarse.value, try golden.tensor("eval/logits_lowres"), 1e-5)
      let step = try #require(reference.meta["eval_out0_stride"] as? Int)
      let logits = output.logits.value
      expectRelativeL2(try ReferenceNetwork.strided(logits, step), try golden.tensor("eval/out0_strided"), 1e-5)
      expectRelativeL2(try logits.channelSums(), try golden.tensor("eval/out0_channel_sum"), 1e-5)
      let norms = try Tensor.combining(.multiply, logits, logits).channelSums().applying(.squareRoot)
      expectRelativeL2(norms, try golden.tensor("eval/out0_channel_l2"), 1e-5)
      let best = try logits.extreme(largest: true, 1, keep: false).indices.array(of: Int32.self)
      let expected = try golden.tensor("eval/argmax_full").array(of: Int32.self)
      let same = zip(best, expected).count { $0 == $1 }
      #expect(Double(same) >= 0.999 * Double(expected.count), "\(same) of \(expected.count)")
    }
  }

  /// Case C: running statistics in every norm, all heads, the first image only.
  private func checkFrozenTraining(_ reference: ReferenceNetwork) throws {
    let (golden, network) = (reference.golden, reference.network)
    reference.reset()
    network.isTraining = false
    network.givesAllOutputs = true
    defer { network.givesAllOutputs = false }
    let output = try network(reference.trainingImages().narrowed(0, start: 0, count: 1).detached())
    let (coarse, embedding) = (try #require(output.coarse), try #require(output.embedding))
    let step = try #require(reference.meta["train_out2_stride"] as? Int)
    expectRelativeL2(coarse.value, try golden.tensor("train/frozen_out1"), 1e-5)
    expectRelativeL2(
      try ReferenceNetwork.strided(embedding.value, step), try golden.tensor("train/frozen_out2_strided"), 1e-5)
    let labels = try reference.labels().narrowed(0, start: 0, count: 1)
    let probe = try reference.input("embed_probe").narrowed(0, start: 0, count: 1)
    let loss = try output.logits.crossEntropy(labels: labels).loss + (embedding * Variable(probe)).mean()
    let expected = try golden.number("train/loss_C_f64")
    #expect(abs(loss.value.item - expected) < 1e-6 * expected)
    try loss.backward()
    // One unit of the smaller file is nearer to zero than single precision can tell: whoever changes the order of roundings
    // anywhere before it may see nine of these fail together, by some 1e-3, and nothing else.
    try checkGradients(reference, "gradC", bound: 1e-4, total: 1e-4)
  }

  /// Cases A and B: the batch's statistics.
  private func checkTraining(_ reference: ReferenceNetwork) throws {
    let (golden, network) = (reference.golden, reference.network)
    let labels = try reference.labels()
    let images = try reference.trainingImages()
    network.isTraining = true
    let sigma = try #require(reference.meta["sigma"] as? Double)
    let treeLoss = try TreeEnergyLoss(sigma: sigma, weight: try #require(reference.meta["tree_weight"] as? Double))
    for name in ["A", "B"] {
      reference.reset()
      let output = try network(images)
      let (coarse, embedding) = (try #require(output.coarse), try #require(output.embedding))
      let segmentation = try output.logits.crossEntropy(labels: labels)
      #expect(abs(segmentation.loss.value.item - (try golden.number("train/loss_seg_ce_f64"))) < 3e-4)
      #expect(segmentation.validPixels == labels.array(of: Int32.self).count { $0 >= 0 })
      let step = try #require(reference.meta["train_out0_stride"] as? Int)
      expectRelativeL2(
        try ReferenceNetwork.strided(output.logits.value, step), try golden.tensor("train/out0_strided"), 5e-4)
      expectRelativeL2(coarse.value, try golden.tensor("train/out1"), 5e-4)
      expectRelativeL2(
        try ReferenceNetwork.strided(embedding.value, try #require(reference.meta["train_out2_stride"] as? Int)),
        try golden.tensor("train/out2_strided"), 5e-4)
      try checkBuffers(reference)
      let second =
        name == "A"
        ? try (embedding * Variable(reference.input("embed_probe"))).mean()
        : try treeLoss(
          logits: coarse, image: reference.input("org_img"), embedding: embedding, labels: labels
        ).loss
      let expectedSecond = try golden.number(name == "A" ? "train/loss_probe_f64" : "train/loss_tree_f64")
      // The probe is no loss but a mean of the embedding times random signs: as exact as the embedding is.
      let bound = name == "A" ? 5e-4 : 1e-4
      #expect(abs(second.value.item - expectedSecond) < bound * abs(expectedSecond))
      let loss = try segmentation.loss + second
      let expected = try golden.number(name == "A" ? "train/loss_A_f64" : "train/loss_total_f64")
      #expect(abs(loss.value.item - expected) < 1e-4 * expected, "case \(name)")
      try loss.backward()
      try checkGradients(reference, "grad" + name, bound: 3e-2, total: 5e-3)
    }
    network.isTraining = false
  }

  private func checkBuffers(_ reference: ReferenceNetwork) throws {
    let state = Dictionary(uniqueKeysWithValues: reference.network.state().map { ($0.name, $0.tensor) })
    for name in try reference.golden.keys("train/bn_buffers_after") {
      expectRelativeL2(
        try #require(state[name]), try reference.golden.tensor("train/bn_buffers_after/\(name)"), 1e-4, name)
    }
    for (name, counter) in state where name.hasSuffix("num_batches_tracked") { #expect(counter.item == 1, "\(name)") }
  }

  private func checkGradients(_ reference: ReferenceNetwork, _ group: String, bound: Double, total: Double) throws {
    let golden = reference.golden
    let parameters = Dictionary(uniqueKeysWithValues: reference.network.parameters().map { ($0.name, $0.variable) })
    let zeros = group == "gradC" ? [] : (reference.meta["zero_gradient_params_in_train_mode"] as? [String] ?? [])
    var squares = 0.0
    for (name, variable) in reference.network.parameters() {
      let gradient = try #require(variable.gradient, "\(name)").array(of: Float.self)
      for value in gradient { squares += Double(value) * Double(value) }
    }
    let expectedTotal = try golden.number("train/\(group)/total_l2")
    #expect(abs(squares.squareRoot() - expectedTotal) < total * expectedTotal, "\(group) \(squares.squareRoot())")
    for name in try golden.keys("train/\(group)") where name != "total_l2" {
      let path = "train/\(group)/\(name)"
      let gradient = try #require(parameters[name]?.gradient).array(of: Double.self)
      let norm = gradient.reduce(0) { $0 + $1 * $1 }.squareRoot()
      if zeros.contains(name) {
        #expect(norm < 1e-5, "\(group) \(name) \(norm)")
        continue
      }
      let expectedNorm = try golden.number("\(path)/l2")
      #expect(abs(norm - expectedNorm) < bound * expectedNorm, "\(group) \(name) \(norm)")
      let ends = Array(gradient.prefix(64)) + Array(gradient.suffix(16))
      let expected = try Tensor.concatenated([golden.tensor("\(path)/first64"), golden.tensor("\(path)/last16")], 0)
      let difference = Difference(Tensor(ends, shape: [ends.count]), expected)
      #expect(difference.maximum <= bound * (try golden.number("\(path)/maxabs")), "\(group) \(name) \(difference)")
    }
  }
}
