import Foundation
import Storage
import Tensors
import TestSupport
import Testing

@Suite struct RunFileTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func bits(_ column: [Double]?) -> [UInt64]? { column?.map { $0.isNaN ? 0 : $0.bitPattern } }

  @Test func measurementsComeBack() throws {
    var run = RunFile(
      recipe: RecipeRecord(sources: [RecipeSource(name: "r.lua", text: "return 1")], seed: 3, resolved: ["batch": 8]),
      environment: ["threads": 2, "cpu": "x", "load": 0.5], protocols: ["val": ["flip": 0, "scales": .doubles([1])]])
    run.append("train", iteration: 50, ["loss": 1.5, "segmentation": 1.25])
    run.append("train", iteration: 100, ["loss": 1.0, "aux/part": .infinity, "iteration": 9])
    run.append("val", iteration: 100, ["miou": 0.25], vectors: ["iou_per_class": [0.5, .nan, 0]])
    let path = folder.file("results.h5")
    try run.save(to: path)

    var back = try RunFile(contentsOf: path)
    #expect(back.recipe == run.recipe && back.environment == run.environment && back.protocols == run.protocols)
    #expect(back.metrics["train"]?.iterations == [50, 100])
    #expect(bits(back.metrics["train"]?.columns["loss"]) == bits([1.5, 1]))
    #expect(bits(back.metrics["train"]?.columns["segmentation"]) == bits([1.25, .nan]))
    #expect(bits(back.metrics["train"]?.columns["aux.part"]) == bits([.nan, .infinity]))
    #expect(bits(back.metrics["train"]?.columns["iteration_"]) == bits([.nan, 9]))
    #expect(back.metrics["val"]?.vectors["iou_per_class"].map { $0.map { bits($0) } } == [bits([0.5, .nan, 0])])

    let file = try HDF5File(reading: path)
    #expect(try file.read("/metrics/train/iteration").type == .int64)
    #expect(try file.read("/metrics/val/iou_per_class").shape == [1, 3])
    #expect(try file.readStrings("/recipe/sources") == ["return 1"])

    back.append("val", iteration: 200, ["miou": 0.5, "pixel_accuracy": 0.75], vectors: ["iou_per_class": [1, 1, 1]])
    back.append("train", iteration: 150, ["loss": 0.5])
    back.truncate(after: 149)
    #expect(back.metrics["train"]?.iterations == [50, 100])
    #expect(back.metrics["val"]?.iterations == [100])
    #expect(back.metrics["val"]?.vectors["iou_per_class"]?.count == 1)
    try back.save(to: path)
    #expect(try bits(RunFile(contentsOf: path).metrics["train"]?.columns["loss"]) == bits([1.5, 1]))
    #expect(try folder.contents() == ["results.h5"])
  }

  @Test func lateVectorsArePadded() {
    var table = MetricTable()
    table.append(iteration: 1, [:])
    table.append(iteration: 2, [:], vectors: ["v": [1, 2]])
    table.append(iteration: 3, [:])
    table.append(iteration: 4, [:], vectors: ["v": [1, 2, 3]])
    #expect(table.vectors["v"]?.map(\.count) == [3, 3, 3, 3])
    #expect(table.vectors["v"]?[1][1] == 2 && table.vectors["v"]?[1][2].isNaN == true)
    #expect(table.vectors["v"]?[0][0].isNaN == true && table.vectors["v"]?[3][2] == 3)
  }

  @Test func aCheckpointIsNoRunFile() throws {
    let path = folder.file("x.h5")
    try Checkpoint(state: [:]).save(to: path)
    #expect { try RunFile(contentsOf: path) } throws: { "\($0)".contains("tel-checkpoint") }
  }

  @Test func contradictionsAreNamed() throws {
    let path = folder.file("x.h5")
    var run = RunFile()
    run.append("train", iteration: 1, ["loss": 1])
    try run.save(to: path)
    let file = try HDF5File(updating: path)
    try file.write("/metrics/train/loss", [1.0, 2.0])
    try file.write(to: path)
    #expect { try RunFile(contentsOf: path) } throws: { "\($0)".contains("/metrics/train/loss") }
    try file.write("/metrics/train/loss", [1.0])
    try file.write("/recipe/resolved", "{broken")
    try file.write(to: path)
    #expect { try RunFile(contentsOf: path) } throws: { "\($0)".contains("/recipe/resolved") }
  }
}
