import Foundation
import Storage
import Testing

/// The recipes folder of this repository.
private let recipesFolder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent().appendingPathComponent("recipes")

@Suite(.serialized) struct ShippedRecipes {
  @Test func theQuickStartLeavesTwoRunsAndAPicture() throws {
    try withFolder { folder in
      let run = try Command.run(["run", recipesFolder.appendingPathComponent("quickstart.lua").path, "3"], in: folder)
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.output.contains("mean IoU on 32 scenes") && run.output.contains("with the Tree Energy Loss"))
      let runs = folder.appendingPathComponent("runs")
      for name in ["quickstart_cross_entropy", "quickstart_tree_energy"] {
        let file = try HDF5File(reading: runs.appendingPathComponent("\(name)/results.h5").path)
        #expect(try file.read("/metrics/val/iteration").array(of: Double.self) == [3])
        #expect(try file.exists("/metrics/train/tree") == (name == "quickstart_tree_energy"))
      }
      let size = try ImageFile.size(runs.appendingPathComponent("quickstart_tree_energy/quickstart.png").path)
      #expect(size.width > 5 * 256 && size.height > 6 * 128)
    }
  }

  @Test func theOwnNetworkTrainsAndKeepsAnAverage() throws {
    try withFolder { folder in
      let recipe = recipesFolder.appendingPathComponent("own_network.lua").path
      let run = try Command.run(
        ["run", recipe, "--set", "iterations=2", "--set", "data.val.count=2", "--set", "batch=2"], in: folder)
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.output.contains("group '^classifier%.': 2 parameters") && run.output.contains("mIoU"))
      let saved = try Checkpoint(
        contentsOf: folder.appendingPathComponent("runs/own_network/checkpoints/latest.h5").path)
      #expect(saved.state["encoder.2.1.0.0.weight"]?.shape == [96, 96, 3, 3])
      #expect(saved.state["head.measure.weight"]?.shape == [16, 64, 1, 1])
      #expect(saved.average.keys.sorted() == saved.state.keys.sorted())
    }
  }

  /// Every number of the published row, read back from what the recipe resolves to.
  @Test(arguments: ["10", "20", "50"]) func theCityscapesRowsAreThePublishedOnes(_ share: String) throws {
    let recipe = recipesFolder.appendingPathComponent("cityscapes_block\(share).lua")
    let script = """
      local r = require "cityscapes_block\(share)"
      local train, val = r.data.train, r.data.val
      local scale, crop, flip, brightness = train.augment[1], train.augment[2], train.augment[3], train.augment[4]
      print(r.name, r.iterations, r.batch, r.loss_groups, train.labels, val.labels, crop.width, crop.height, scale.scale[1],
        scale.scale[2], scale.aspect[1], scale.aspect[2], flip.p, brightness.shift, r.optimizer.lr, r.optimizer.momentum,
        r.optimizer.weight_decay, r.schedule.power, r.loss[2].sigma, r.loss[2].weight, r.validate_every, r.log_every,
        r.model.classes)
      """
    try withFolder { folder in
      for name in ["cityscapes.lua", recipe.lastPathComponent] {
        try FileManager.default.copyItem(
          at: recipesFolder.appendingPathComponent(name), to: folder.appendingPathComponent(name))
      }
      try Data(script.utf8).write(to: folder.appendingPathComponent("print.lua"))
      let run = try Command.run(["run", "print.lua"], in: folder)
      #expect(run.status == 0, "\(run.errors)")
      let expected = [
        "cityscapes_block\(share)", "40000", "8", "4", "sparse_label/block\(share)", "label", "1024", "512", "0.5", "2",
        "0.9", "1.1", "0.5", "10", "0.01", "0.9", "0.0005", "0.9", "0.002", "0.4", "1000", "50", "19",
      ]
      #expect(run.output.split(whereSeparator: \.isWhitespace).map(String.init) == expected)
    }
  }

  @Test func aRecipeWithoutItsDataSaysWhatIsMissingAndWritesNothing() throws {
    try withFolder { folder in
      let recipe = recipesFolder.appendingPathComponent("cityscapes_block50.lua").path
      let run = try Command.run(["run", recipe, "--data-root", "nowhere"], in: folder, environment: ["DATA_ROOT": ""])
      #expect(run.status == 1)
      #expect(
        run.errors.contains("cityscapes") && run.errors.contains("sparse_label")
          && run.errors.contains("tel data scenes"))
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }
  }
}
