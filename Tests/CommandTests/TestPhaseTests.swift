import Foundation
import Storage
import Testing

/// Evaluating weights that somebody else trained.
@Suite(.serialized) struct TestPhaseTests {
  /// Trains a few steps in `folder`, and gives the weights as a safetensors file.
  private func trainedWeights(_ folder: URL) throws -> URL {
    let run = try Command.train(recipe(), in: folder)
    try #require(run.status == 0, "\(run.errors)")
    let latest = folder.appendingPathComponent("runs/tiny/checkpoints/latest.h5").path
    let target = folder.appendingPathComponent("weights.safetensors")
    try SafeTensorsFile.write(
      Checkpoint.weights(of: latest).map { StoredTensor(name: $0.key, $0.value) }, metadata: [:], to: target.path)
    return target
  }

  @Test func weightsOfAnotherFormatAreTestedWithFilesAndNumbers() throws {
    try withFolder { folder in
      let weights = try trainedWeights(folder)
      for (arguments, place) in [
        (["--init-from", weights.lastPathComponent, "--out", "theirs"], "theirs/runs/tiny/test"),
        ([], "runs/tiny/test"),
        (["--set", "test={scales={0.5, 1}, flip=true}"], "runs/tiny/test-2"),
      ] {
        let run = try Command.run(["run", "recipe.lua", "--phase", "test"] + arguments, in: folder)
        #expect(run.status == 0, "\(run.errors)")
        let isPlain = !arguments.contains("--set")
        #expect(run.output.contains(isPlain ? "one scale, no flip" : "scales 0.5, 1, each mirrored too"))
        #expect(run.output.contains("mIoU") && run.output.contains("protocol:") && run.output.contains("vegetation"))
        let test = folder.appendingPathComponent(place)
        let labels = try FileManager.default.contentsOfDirectory(atPath: test.appendingPathComponent("label").path)
        #expect(!labels.isEmpty)
        for name in labels {
          let label = try ImageFile.readLabels(test.appendingPathComponent("label/\(name)").path)
          let colour = try ImageFile.read(test.appendingPathComponent("colour/\(name)").path)
          #expect(label.width == colour.width && label.height == colour.height)
        }
        let file = try HDF5File(reading: test.appendingPathComponent("results.h5").path)
        #expect(try file.read("/metrics/test/miou").count == 1)
      }
      let validated = try Command.run(
        ["run", "recipe.lua", "--phase", "val", "--init-from", weights.lastPathComponent], in: folder)
      #expect(validated.status == 0 && validated.output.contains("mIoU"), "\(validated.errors)")
    }
  }

  @Test func pretrainedWeightsThatAreMissingSayWhereTheyBelong() throws {
    try withFolder { folder in
      let text = recipe().replacing("classes = 11,", with: "classes = 11, pretrained = \"pretrained/backbone.pth\",")
      try folder.write("recipe.lua", text)
      let run = try Command.run(["run", "recipe.lua"], in: folder)
      #expect(run.status == 1)
      #expect(
        run.errors.contains("recipe.lua:") && run.errors.contains("pretrained/backbone.pth")
          && run.errors.contains("--set model.pretrained=none"), "\(run.errors)")
      let scratch = try Command.run(["run", "recipe.lua", "--set", "model.pretrained=none"], in: folder)
      #expect(scratch.status == 0, "\(scratch.errors)")
      // Weights that come afterwards need none before.
      let test = try Command.run(["run", "recipe.lua", "--phase", "val"], in: folder)
      #expect(test.status == 0, "\(test.errors)")
    }
  }

  @Test func aClassifierOfOtherClassesIsLeftAloneInTrainingAndRefusedInATest() throws {
    try withFolder { folder in
      let weights = try trainedWeights(folder)
      let arguments = ["--init-from", weights.lastPathComponent, "--set", "name=other", "--set", "model.classes=13"]
      let run = try Command.run(["run", "recipe.lua"] + arguments, in: folder)
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.output.contains("left as they were") && run.output.contains("cls_head.3.weight"), "\(run.output)")
      let test = try Command.run(["run", "recipe.lua", "--phase", "test"] + arguments, in: folder)
      #expect(test.status == 1 && test.errors.contains("cls_head.3.weight"), "\(test.errors)")
    }
  }
}
