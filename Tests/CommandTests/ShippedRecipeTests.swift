import Foundation
import Storage
import Testing

/// The recipes folder of this repository.
let recipesFolder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
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

  @Test func theSecondRoundLearnsFromTheFirst() throws {
    try withFolder { folder in
      let recipe = recipesFolder.appendingPathComponent("second_round.lua").path
      let run = try Command.run(["run", recipe, "2", "0.2", "6"], in: folder)
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.output.contains("6 images labelled") && run.output.contains("2 second round"))
      #expect(
        try PseudoLabels(
          path: folder.appendingPathComponent("runs/second_round_first/pseudo_labels/iteration-2").path,
          group: "pseudo_labels"
        ).count == 6)
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
