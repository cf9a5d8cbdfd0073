import Foundation
import Storage
import Tensors
import TestSupport
import Testing

/// `tel import`, `tel export` and `tel inspect`.
@Suite struct WeightCommandTests {
  @Test func weightsGoFromPyTorchToACheckpointAndToSafetensors() throws {
    try withFolder { folder in
      let source = Golden.folder + "/pth/ckpt_zip.pth"
      let imported = try Command.run(["import", source, "weights.h5"], in: folder)
      #expect(imported.status == 0, "\(imported.errors)")
      let exported = try Command.run(["export", "weights.h5", "weights.safetensors"], in: folder)
      #expect(exported.status == 0, "\(exported.errors)")
      let file = try SafeTensorsFile(path: folder.appendingPathComponent("weights.safetensors").path)
      #expect(file.metadata["format"] == "pt" && file.metadata["source"] == "ckpt_zip.pth")
      let expected = try WeightFile(path: source).load()
      #expect(file.tensors.map(\.name).sorted() == expected.keys.sorted())
      for tensor in file.tensors { #expect(try tensor.load().shape == expected[tensor.name]?.shape) }

      for (name, says) in [
        (source, "PyTorch, zip format"), ("weights.h5", "checkpoint of tel"), ("weights.safetensors", "safetensors"),
      ] {
        let run = try Command.run(["inspect", name, "--all"], in: folder)
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.output.contains(says) && run.output.contains("\(expected.count) entries"), "\(run.output)")
        for key in expected.keys { #expect(run.output.contains(key), "\(run.output)") }
      }
      #expect(try Command.run(["inspect", "weights.h5"], in: folder).output.contains("ckpt_zip.pth"))
    }
  }

  @Test func theNetworkIsNamedAndManyEntriesAreGrouped() throws {
    try withFolder { folder in
      try folder.write(
        "save.lua", "tel.models.hrnet{classes = 5, width = 8, modules = {1, 1, 1}, blocks = 1}:save('net.h5')")
      #expect(try Command.run(["run", "save.lua"], in: folder).status == 0)
      let run = try Command.run(["inspect", "net.h5"], in: folder)
      #expect(run.output.contains("HRNet-W8, 5 classes"), "\(run.output)\(run.errors)")
      #expect(run.output.contains("backbone.stage2.*"), "\(run.output)")
      #expect(run.output.split(separator: "\n").count < 60 && run.output.contains("--all"))
    }
  }

  @Test func whatCannotBeMeantIsRefused() throws {
    try withFolder { folder in
      let source = Golden.folder + "/pth/ckpt_zip.pth"
      func refused(_ arguments: [String], _ words: String...) throws {
        let run = try Command.run(arguments, in: folder)
        #expect(run.status == 1, "\(arguments)")
        for word in words { #expect(run.errors.contains(word), "\(run.errors)") }
      }
      try refused(["import", source, "weights.safetensors"], "ending", "tel export")
      try refused(["export", source, "weights.h5"], "ending", "tel import")
      try refused(["import", "nothing.pth", "weights.h5"], "nothing.pth")
      try folder.write("text.pth", "no weights at all")
      try refused(["import", "text.pth", "weights.h5"], "text.pth", "format")
      try refused(["inspect", "text.pth"], "text.pth", "format")
      #expect(try Command.run(["import", source, "weights.h5"], in: folder).status == 0)
      try refused(["import", "weights.h5", "./weights.h5"], "the one that is read")
      try refused(["export", "--average", "weights.h5", "weights.safetensors"], "average")
      // The file that was refused as a target is as it was.
      #expect(try WeightFile(path: folder.appendingPathComponent("weights.h5").path).tensors.count > 0)
    }
  }

  /// As on a full disk, but of a size that a test can have.
  @Test func aFileThatMayNotGrowIsAnErrorAndTheOldOneStays() throws {
    try withFolder { folder in
      let source = Golden.folder + "/pth/ckpt_zip.pth"
      #expect(try Command.run(["import", source, "weights.h5"], in: folder).status == 0)
      let old = try Data(contentsOf: folder.appendingPathComponent("weights.h5"))
      let shell = Process()
      shell.executableURL = URL(fileURLWithPath: "/bin/sh")
      shell.arguments = [
        "-c", "ulimit -f 8; exec \"$0\" import \"$1\" weights.h5", try Command.executable().path, source,
      ]
      shell.currentDirectoryURL = folder
      let errors = Pipe()
      shell.standardError = errors
      try shell.run()
      let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      shell.waitUntilExit()
      #expect(shell.terminationReason == .exit && shell.terminationStatus == 1, "\(text)")
      #expect(text.contains("weights.h5") && text.contains("can't be written"), "\(text)")
      #expect(try Data(contentsOf: folder.appendingPathComponent("weights.h5")) == old)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["weights.h5"])
    }
  }

  @Test func resultsAndOtherHDF5FilesAreInspected() throws {
    try withFolder { folder in
      var run = RunFile(
        recipe: RecipeRecord(sources: [RecipeSource(name: "a.lua", text: "")], settings: ["batch=2"], seed: 5),
        environment: ["tel": "0.1.0"], protocols: ["val": ["scales": "1"]])
      run.append("val", iteration: 40, ["miou": 0.25], vectors: ["iou_per_class": [0.5, 0]])
      try run.save(to: folder.appendingPathComponent("results.h5").path)
      let results = try Command.run(["inspect", "results.h5"], in: folder).output
      #expect(results.contains("checksums: all is as it was written"))
      for text in ["results of a run", "a.lua", "batch=2", "/metrics/val: 1 rows", "miou", "0.25", "2 values a row"] {
        #expect(results.contains(text), "\(results)")
      }
      let other = try HDF5File(creating: "other")
      try other.write("/measured/\u{1b}[31mx", [1.0, 2.0])
      try other.write("/note", "text")
      try other.write(to: folder.appendingPathComponent("other.h5").path)
      let listed = try Command.run(["inspect", "other.h5"], in: folder).output
      #expect(listed.contains("[2]") && listed.contains("float64") && listed.contains("text"), "\(listed)")
      #expect(!listed.contains("\u{1b}"))
    }
  }
}
