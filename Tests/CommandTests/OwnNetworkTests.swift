import Foundation
import Storage
import Tensors
import Testing

/// The tiny recipe with a network written in Lua: a frozen stem, a frozen norm, two groups of parameters, and all that a
/// step can do beside.
private func ownNetwork(_ changes: String = "", forward: String = "return {logits = like(coarse, x), coarse = coarse}")
  -> String
{
  """
  local Conv = tel.nn.Conv
  local function like(y, x) return tel.nn.resize(y, {x:shape()[3], x:shape()[4]}, {align_corners = true}) end
  own = tel.module{
    children = {
      stem = tel.module{
        children = {
          Conv{inputs = 3, outputs = 8, kernel = 3, stride = 2}, Conv{inputs = 8, outputs = 8, kernel = 3, stride = 2},
        },
        forward = function(self, x) return self[2](self[1](x)) end,
      },
      body = Conv{inputs = 8, outputs = 8, kernel = 3}, filter = tel.nn.TreeFilter{groups = 2},
      dropout = tel.nn.Dropout{p = 0.2},
      classifier = Conv{inputs = 8, outputs = 11, kernel = 1, norm = false, relu = false},
    },
    forward = function(self, x)
      local y = self.stem(x)
      y = self.body(y) + self.filter(y, y, like(x, y))
      local coarse = self.classifier(self.dropout(y))
      \(forward)
    end,
  }

  """
    + recipe(
      """
      accumulate = 2, clip_gradient_norm = 0.5, average = {decay = 0.5},
      on_start = function(run)
        run.net:freeze('^stem%.0')
        run.net:freeze_norm('^body')
      end,
      \(changes)
      """, loss: "{tel.loss.cross_entropy{}, tel.loss.tree_energy{sigma = 0.02, levels = {'low'}}}"
    )
    .replacing(
      /model = tel.models.hrnet\{.*\}/, with: "model = own"
    )
    .replacing(
      "weight_decay = 5e-4}",
      with: "weight_decay = 5e-4, groups = {{match = '^classifier', lr = 10}, {match = '.', lr = 1}}}")
}

private func checkpoint(_ folder: URL) throws -> Checkpoint {
  try Checkpoint(contentsOf: folder.appendingPathComponent("runs/tiny/checkpoints/latest.h5").path)
}

private func bits(_ tensors: [String: Tensor]) -> [String: [UInt32]] {
  tensors.mapValues { $0.array(of: Float.self).map(\.bitPattern) }
}

@Suite(.serialized) struct OwnNetworks {
  @Test(arguments: ["float32", "bfloat16"])
  func everythingOfAStepWorksAndResumesBitForBit(_ storage: String) throws {
    let stop =
      "storage = '\(storage)', "
      + "on_step = function(run) if stop_here and run.iteration == 2 then run:stop('half way') end end,"
    let (whole, start) = try withFolder { folder in
      let run = try Command.train(ownNetwork(stop), in: folder)
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.output.contains("group '^classifier': 1 parameters, 88 numbers, learning rate 1.0"))
      let whole = try checkpoint(folder)
      let validated = run.output.split(separator: "\n").last { $0.contains("mIoU") }
      // The weights that were validated are the averaged ones, and so they are when they are asked for again.
      let again = try Command.train(ownNetwork(stop), "--phase", "val", in: folder)
      #expect(again.status == 0, "\(again.errors)")
      #expect(again.output.split(separator: "\n").last { $0.contains("mIoU") } == validated)
      try folder.write(
        "start.lua", ownNetwork().replacing("return tel.recipe", with: "own:save('start.h5') local _ = "))
      let script = try Command.run(["run", "start.lua"], in: folder)
      #expect(script.status == 0, "\(script.errors)")
      return (whole, try Checkpoint.weights(of: folder.appendingPathComponent("start.h5").path))
    }
    let (first, now, average) = (bits(start), bits(whole.state), bits(whole.average))
    for name in now.keys.sorted() {
      let isFrozen =
        name.hasPrefix("stem.0.0.") || name == "stem.0.1.weight" || name == "stem.0.1.bias"
        || name.hasPrefix("body.1.running") || name == "body.1.num_batches_tracked"
      #expect((now[name] == first[name]) == isFrozen, "\(name)")
      #expect((average[name] == now[name]) == (isFrozen || name.hasSuffix("num_batches_tracked")), "\(name)")
    }
    #expect(whole.optimizer["momentum"]?.keys.contains { $0.hasPrefix("stem.0") } == false)
    let resumed = try withFolder { folder in
      let first = try Command.train("stop_here = true\n" + ownNetwork(stop), in: folder)
      #expect(first.status == 0 && first.output.contains("half way"), "\(first.errors)")
      let second = try Command.train(ownNetwork(stop), "--resume", "--accept-changes", in: folder)
      #expect(second.status == 0, "\(second.errors)")
      return try checkpoint(folder)
    }
    #expect(bits(resumed.state) == now)
    #expect(bits(resumed.average) == average)
    #expect(resumed.optimizer.mapValues(bits) == whole.optimizer.mapValues(bits))
  }

  /// The average that the checkpoint keeps is what was validated, so it is what predicts and is exported.
  @Test func itPredictsByItsRecipeWithTheAverageOfItsWeights() throws {
    try withFolder { folder in
      try folder.write("recipe.lua", ownNetwork())
      let run = try Command.run(["run", "recipe.lua"], in: folder)
      try #require(run.status == 0, "\(run.errors)")
      let pixels = (0..<3 * 48 * 64).map { UInt8(truncatingIfNeeded: $0 &* 37) }
      try ImageFile.writePNG(
        Image8(width: 64, height: 48, channels: 3, pixels: pixels),
        to: folder.appendingPathComponent("image.png").path)
      let weights = "runs/tiny/checkpoints/latest.h5"
      let alone = try Command.run(["predict", weights, "image.png", "--out", "seen"], in: folder)
      #expect(alone.status == 1 && alone.errors.contains("--recipe"), "\(alone.errors)")
      let seen = try Command.run(
        ["predict", weights, "image.png", "--out", "seen", "--recipe", "recipe.lua"], in: folder)
      #expect(seen.status == 0, "\(seen.errors)")
      let labels = try ImageFile.readLabels(folder.appendingPathComponent("seen/label/image.png").path)
      #expect(labels.width == 64 && labels.height == 48)

      let exported = try Command.run(["export", weights, "average.safetensors", "--average"], in: folder)
      #expect(exported.status == 0, "\(exported.errors)")
      let average = try SafeTensorsFile(path: folder.appendingPathComponent("average.safetensors").path).tensors
      let kept = try checkpoint(folder)
      let values = try average.reduce(into: [String: Tensor]()) { $0[$1.name] = try $1.load() }
      for (name, tensor) in kept.average where tensor.type == .float32 {
        #expect(values[name]?.array(of: Float.self) == tensor.array(of: Float.self), "\(name)")
      }
      #expect(values.count == kept.state.count)
      let plain = try Command.run(["export", weights, "plain.safetensors"], in: folder)
      #expect(plain.output.contains("--average"), "\(plain.output)")
    }
  }

  @Test func planAndChangesKnowIt() throws {
    try withFolder { folder in
      let run = try Command.train(
        ownNetwork(), "--plan", "--set", "model.children.body.dilation=2", "--set", "batch=3", in: folder)
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.output.contains("predicted peak memory"))
      let wrong = try Command.train(ownNetwork(), "--set", "model.children.bdy.dilation=2", in: folder)
      #expect(wrong.status == 1 && wrong.errors.contains("did you mean body?"), "\(wrong.errors)")
      #expect(!FileManager.default.fileExists(atPath: folder.appendingPathComponent("runs").path))
    }
  }

  @Test(arguments: [
    ("return nil", "recipe.lua:15: forward returned nothing", "a tensor of logits [N, K, H, W]"),
    ("return {coarse}", "recipe.lua:15: forward: [1] is a tensor", "a tensor under a name"),
    ("return {logit = coarse}", "forward returned a table without logits (logit)", "logits = …"),
    ("return {logits = coarse, note = 'x'}", "forward: note is \"x\"", "a tensor under a name"),
    ("return coarse", "forward returned logits of shape [2, 11, 8, 12]", "[2, K, 32, 48]"),
    ("return 5", "forward returned 5", "a tensor of logits"),
    (
      "return like(self.classifier(x), x)",
      "recipe.lua:19: tel.nn.Conv: argument 1 (x) is a tensor of shape [2, 3, 32, 48]", "[N, 8, H, W]"
    ),
    ("error('my own')", "recipe.lua:19: my own", ""),
  ])
  func whatForwardReturnsIsChecked(_ forward: String, _ what: String, _ more: String) throws {
    try withFolder { folder in
      let run = try Command.train(ownNetwork(forward: forward), in: folder)
      #expect(run.status == 1)
      #expect(run.errors.contains(what), "\(run.errors)")
      #expect(more.isEmpty || run.errors.contains(more), "\(run.errors)")
      #expect(!FileManager.default.fileExists(atPath: folder.appendingPathComponent("runs").path))
    }
  }
}
