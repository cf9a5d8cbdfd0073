import Foundation
import Storage
import Testing

/// A recipe that trains within a second: a very small HRNet on drawn scenes.
func recipe(
  _ changes: String = "", threads: Int = 2, augment: String = "tel.augment.flip{}, tel.augment.crop{48, 32}",
  loss: String = "{tel.loss.cross_entropy{}, tel.loss.tree_energy{sigma = 0.02}}"
) -> String {
  """
  local size = {64, 32}
  return tel.recipe {
    name = "tiny", iterations = 4, batch = 2,
    model = tel.models.hrnet{classes = 11, width = 4, modules = {1, 1}, blocks = 1, bottlenecks = 1, stem = 8, embedding = 8},
    data = {
      train = tel.data.scenes{size = size, count = 6, seed = 1, threads = \(threads), augment = {\(augment)}},
      val = tel.data.scenes{size = size, count = 2, first = 100, seed = 1, labels = "dense"},
    },
    loss = \(loss),
    optimizer = tel.optim.sgd{lr = 0.1, momentum = 0.9, weight_decay = 5e-4},
    validate_every = 2, log_every = 1,
    \(changes)
  }
  """
}

extension Command {
  /// Runs `tel run recipe.lua options…` in a folder.
  @discardableResult static func train(
    _ text: String, _ options: String..., in folder: URL, interruptAfter: Double? = nil
  ) throws -> Command {
    try folder.write("recipe.lua", text)
    return try run(["run", "recipe.lua"] + options, in: folder, interruptAfter: interruptAfter)
  }
}

/// The weights of a run's last checkpoint.
private func weights(_ folder: URL, _ name: String = "tiny") throws -> [String: [Float]] {
  try Checkpoint.weights(of: folder.appendingPathComponent("runs/\(name)/checkpoints/latest.h5").path)
    .mapValues { $0.array(of: Float.self) }
}

private func results(_ folder: URL, _ name: String = "tiny") throws -> HDF5File {
  try HDF5File(reading: folder.appendingPathComponent("runs/\(name)/results.h5").path)
}

@Suite(.serialized) struct Recipes {
  @Test func aRecipeTrainsAndLeavesItsFiles() throws {
    try withFolder { folder in
      let run = try Command.train(
        recipe("on_end = function(run) print('ended', run.iteration) end"), "--seed", "3", in: folder)
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.output.contains("ended\t4"))
      let file = try results(folder)
      #expect(try file.read("/metrics/train/iteration").array(of: Double.self) == [1, 2, 3, 4])
      #expect(try file.read("/metrics/val/iteration").array(of: Double.self) == [2, 4])
      for name in ["loss", "segmentation", "tree", "learning_rate"] {
        #expect(try file.exists("/metrics/train/\(name)"), "\(name)")
      }
      #expect(
        try file.readStrings("/recipe/sources") == [recipe("on_end = function(run) print('ended', run.iteration) end")])
      #expect(try file.attribute("seed", of: "/recipe") == .integer(3))
      let again = try Command.train(recipe(), in: folder)
      #expect(again.output.contains("tiny-2"))
    }
  }

  @Test func changesShowInTheRunFile() throws {
    try withFolder { folder in
      let run = try Command.train(
        recipe(), "--set", "loss[2].weight=0", "--set", "loss[2].sigma=0.5", "--set", "iterations=1", in: folder)
      #expect(run.status == 0, "\(run.errors)")
      let file = try results(folder)
      #expect(try file.readStrings("/recipe/settings") == ["loss[2].weight=0", "loss[2].sigma=0.5", "iterations=1"])
      let resolved = try file.readString("/recipe/resolved")
      #expect(resolved.contains("\"sigma\": 0.5") && resolved.contains("\"iterations\": 1"))
      #expect(try file.read("/metrics/train/tree").array(of: Double.self) == [0])
      let wrong = try Command.train(recipe(), "--set", "loss[2].wieght=0", in: folder)
      #expect(wrong.status == 1)
      #expect(wrong.errors.contains("did you mean weight?"))
    }
  }

  @Test func theSameSeedGivesTheSameBitsWhateverTheLoaderThreads() throws {
    let loss = """
      function(out, batch, recipe)
        local noise = {}
        for name in pairs{a = 1, b = 2, c = 3, d = 4} do noise[#noise + 1] = name .. math.random(1000) end
        recipe.state.trail = table.concat(noise)
        local sum = 0
        for c in table.concat(noise):gmatch('.') do sum = sum + c:byte() end
        local entropy = tel.loss.cross_entropy{}(out.logits, batch.labels)
        return entropy * (1 + sum / 1e5), {noise = sum, entropy = entropy}
      end
      """
    let augment =
      "tel.augment.scale{}, function(sample, random) sample.brightness = random(-9, 9) end, tel.augment.crop{48, 32}"
    func train(_ threads: Int, _ seed: String) throws -> ([String: [Float]], [Double]) {
      try withFolder { folder in
        let run = try Command.train(
          recipe("state = {trail = ''}", threads: threads, augment: augment, loss: loss), "--seed", seed, in: folder)
        #expect(run.status == 0, "\(run.errors)")
        return (try weights(folder), try results(folder).read("/metrics/train/noise").array(of: Double.self))
      }
    }
    let once = try train(1, "5")
    #expect(try train(2, "5") == once)
    #expect(try train(2, "6").0 != once.0)
    // Losses from the list load on their own threads too.
    func plain(_ threads: Int) throws -> [String: [Float]] {
      try withFolder { folder in
        #expect(try Command.train(recipe(threads: threads), in: folder).status == 0)
        return try weights(folder)
      }
    }
    #expect(try plain(1) == plain(2))
  }

  @Test func aResumedRunEndsLikeAnUninterruptedOne() throws {
    let text = recipe(
      """
      state = {seen = {}}, on_step = function(run)
        local seen = run.recipe.state.seen
        seen[#seen + 1] = run.batch.names[1] .. ' ' .. math.random(100)
        if run.iteration == 2 and stop_here then run:stop('half way') end
      end
      """)
    let whole = try withFolder { folder in
      #expect(try Command.train(text, in: folder).status == 0)
      return try Checkpoint(contentsOf: folder.appendingPathComponent("runs/tiny/checkpoints/latest.h5").path)
    }
    let resumed = try withFolder { folder in
      let first = try Command.train("stop_here = true\n" + text, in: folder)
      #expect(first.status == 0 && first.output.contains("half way"))
      let refused = try Command.train(text, "--resume", in: folder)
      #expect(refused.status == 1 && refused.errors.contains("recipe.lua:1: - stop_here = true"), "\(refused.errors)")
      #expect(refused.errors.contains("--accept-changes"))
      let second = try Command.train(text, "--resume", "--accept-changes", in: folder)
      #expect(second.status == 0, "\(second.errors)")
      return try Checkpoint(contentsOf: folder.appendingPathComponent("runs/tiny/checkpoints/latest.h5").path)
    }
    #expect(resumed.recipeState == whole.recipeState)
    #expect(resumed.random == whole.random)
    #expect(
      resumed.state.mapValues { $0.array(of: Float.self) } == whole.state.mapValues { $0.array(of: Float.self) })
  }

  @Test func anInterruptEndsTheRunWithACheckpoint() throws {
    try withFolder { folder in
      let run = try Command.train(recipe(), "--set", "iterations=1000000", in: folder, interruptAfter: 1.5)
      #expect(run.status == 130)
      #expect(run.output.contains("stopped after iteration"))
      let iteration = try Checkpoint.progress(
        of: folder.appendingPathComponent("runs/tiny/checkpoints/latest.h5").path)["iteration"]
      guard case .integer(let done)? = iteration else {
        Issue.record("the checkpoint has no iteration")
        return
      }
      #expect(done > 0 && done < 1_000_000)
    }
  }

  @Test func hooksScoresAndValidation() throws {
    try withFolder { folder in
      let run = try Command.train(
        recipe(
          """
          evaluate = function(out, batch, score) score('names', #batch.names); score('height', out.logits:shape()[3]) end,
          best = function(metrics) return metrics.names - metrics.miou end,
          on_start = function(run) print('start', run.iteration, run.total, run.metrics) end,
          on_validate = function(run) print('validated', run.iteration, run.metrics.height) end,
          on_save = function(run) print('saved', run.iteration) end,
          on_step = function(run) run:log('double', run.iteration * 2); tel.log('triple', run.iteration * 3) end,
          """), in: folder)
      #expect(run.status == 0, "\(run.errors)")
      for line in ["start\t0\t4\tnil", "validated\t2\t32.0", "validated\t4\t32.0", "saved\t2"] {
        #expect(run.output.contains(line), "\(line) in \(run.output)")
      }
      #expect(try results(folder).read("/metrics/train/double").array(of: Double.self) == [2, 4, 6, 8])
      #expect(try results(folder).read("/metrics/train/triple").array(of: Double.self) == [3, 6, 9, 12])
      #expect(try results(folder).read("/metrics/val/names").array(of: Double.self) == [1, 1])
      let scored = try Command.run(["run", "recipe.lua", "--phase", "val"], in: folder)
      #expect(scored.status == 0 && scored.output.contains("iteration 4: mIoU"), "\(scored.errors)")
    }
  }

  @Test func planTrainsNothing() throws {
    try withFolder { folder in
      let run = try Command.train(recipe(), "--plan", in: folder)
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.output.contains("predicted peak memory") && run.output.contains("time per iteration"))
      #expect(!FileManager.default.fileExists(atPath: folder.appendingPathComponent("runs").path))
    }
  }

  @Test(arguments: [
    ("iteratoins = 3,", "recipe.lua:12: tel.recipe: there is no key iteratoins", "did you mean iterations?"),
    ("batch = 0,", "tel.recipe: batch is 0", "an integer of at least 1"),
    ("save_every = \"soon\",", "recipe.lua:12: tel.recipe: save_every is \"soon\"", "10min"),
    ("schedule = 5,", "tel.recipe: schedule is 5", "tel.schedule"),
    ("on_step = function(run) run.speed() end,", "recipe.lua:12: run: there is no", ""),
    ("on_step = function(run) error('my own') end,", "recipe.lua:12: my own", ""),
    ("loss = function(out, batch) return 1 end,", "the loss returned 1", "a tensor"),
    ("schedule = function(t, total) return 'x' end,", "the schedule returned \"x\"", "a number"),
    ("state = {f = print},", "tel.recipe: state is a table", "numbers"),
  ])
  func wrongRecipesAreRefused(_ change: String, _ what: String, _ more: String) throws {
    try withFolder { folder in
      let run = try Command.train(recipe(change), in: folder)
      #expect(run.status == 1)
      #expect(run.errors.contains(what), "\(run.errors)")
      #expect(more.isEmpty || run.errors.contains(more), "\(run.errors)")
    }
  }

  @Test func missingDataIsExplained() throws {
    try withFolder { folder in
      let text = recipe().replacing(
        "tel.data.scenes{size = size, count = 6, seed = 1, threads = 2,", with: "tel.data.cityscapes{split = 'train',")
      let run = try Command.train(text, "--data-root", "nowhere", in: folder)
      #expect(run.status == 1)
      #expect(run.errors.contains("cityscapes") && run.errors.contains("tel data scenes"), "\(run.errors)")
      #expect(!FileManager.default.fileExists(atPath: folder.appendingPathComponent("runs").path))
    }
  }

  @Test func dataOfAScript() throws {
    try withFolder { folder in
      let custom = """
        tel.data.custom{count = 4, classes = 11, get = function(i, random)
          local image, labels = tel.zeros(3, 32, 48):to('uint8'), tel.full({32, 48}, i):to('int32')
          return {image = image, labels = labels, name = 'made ' .. i .. ' ' .. random(9)}
        end}
        """
      let text = recipe("on_step = function(run) print(table.concat(run.batch.names, ',')) end").replacing(
        "tel.data.scenes{size = size, count = 6, seed = 1, threads = 2, augment = {tel.augment.flip{}, tel.augment.crop{48, 32}}}",
        with: custom)
      let run = try Command.train(text, in: folder)
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.output.contains("made "))
      let wrong = try Command.train(text.replacing("to('int32')", with: "to('float32')"), in: folder)
      #expect(wrong.status == 1)
      #expect(wrong.errors.contains("labels is float32 [32, 48]"), "\(wrong.errors)")
    }
  }
}
