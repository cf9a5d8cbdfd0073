import Foundation
import Storage
import Testing

/// From labels to pseudo-labels and from these to a second training, as a user does it.
@Suite(.serialized) struct PseudoLabelCommandTests {
  private func second(_ labels: String) -> String {
    recipe().replacing("name = \"tiny\"", with: "name = \"second\"").replacing(
      "seed = 1, threads", with: "seed = 1, \(labels), threads")
  }

  @Test func aSecondTrainingStartsFromTheFirstOnesLabels() throws {
    try withFolder { folder in
      let first = try Command.train(recipe("save_pseudo_labels = {every = 4, top = 2},"), in: folder)
      #expect(first.status == 0 && first.output.contains("iteration-4: 6 images labelled"), "\(first.errors)")
      let labelled = try Command.run(["run", "recipe.lua", "--phase", "pseudo"], in: folder)
      #expect(labelled.status == 0, "\(labelled.errors)")
      #expect(labelled.output.contains("pseudo_labels/iteration-4-2"))
      #expect(labelled.output.contains("protocol: softmax of the coarse logits (1/4), filtered along the image's tree"))
      let pair = try ["iteration-4", "iteration-4-2"].map {
        try FileBytes(path: folder.appendingPathComponent("runs/tiny/pseudo_labels/\($0)/00000.h5").path).array
      }
      // Made from the same weights on the way and afterwards.
      #expect(pair[0] == pair[1])
      let resumed = try Command.run(["run", "recipe.lua", "--phase", "pseudo", "--resume"], in: folder)
      #expect(resumed.status == 0 && resumed.output.contains("0 images labelled, 6 were before"), "\(resumed.errors)")
      for labels in [
        "labels = 'runs/tiny/pseudo_labels/iteration-4:/pseudo_labels', confidence = 0.05",
        "labels = {'block10', 'runs/tiny/pseudo_labels/iteration-4/*.h5:/pseudo_labels'}",
      ] {
        let run = try Command.train(second(labels), in: folder)
        #expect(run.status == 0 && run.output.contains("mIoU"), "\(run.errors)")
      }
      let inspected = try Command.run(["inspect", "runs/tiny/pseudo_labels/iteration-4/00000.h5"], in: folder)
      #expect(inspected.status == 0 && inspected.output.contains("tel-pseudo-labels"), "\(inspected.errors)")
    }
  }

  @Test func labelsThatDontFitAreRefusedByName() throws {
    try withFolder { folder in
      let file = try HDF5File(creating: "made")
      try file.write("/p/someone/labels", [Int32](repeating: 0, count: 4))
      try file.write(to: folder.appendingPathComponent("made.h5").path)
      for (labels, expected) in [
        ("labels = 'made.h5:/p'", "no pseudo-labels of the image"), ("labels = 'made.h5:/q'", "no pseudo-labels in it"),
        ("labels = 'none.h5:/p'", "none.h5"), ("labels = {'block10', 'block20'}", "labels"),
        ("confidence = 0.5", "confidence"), ("labels = 'made.h5:/p', confidence = 2", "confidence"),
      ] {
        let run = try Command.train(second(labels), in: folder)
        #expect(run.status == 1 && run.errors.contains(expected), "\(labels): \(run.errors)")
      }
    }
  }
}
