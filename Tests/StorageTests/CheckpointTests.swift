import Foundation
import Storage
import Tensors
import TestSupport
import Testing

@Suite struct CheckpointTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func tensors(_ keys: [String], seed: UInt64) -> [String: Tensor] {
    var random = RandomStream(seed: seed, purpose: "weights")
    return keys.reduce(into: [:]) { result, key in
      result[key] = Tensor(
        (0..<24).map { _ in Float(bitPattern: UInt32(truncatingIfNeeded: random.next())) }, shape: [4, 3, 2])
    }
  }

  private func sample() -> Checkpoint {
    let keys = ["backbone.conv1.weight", "backbone.stage2.0.branches.0.0.bn2.bias", "cls_head.0.weight"]
    var state = tensors(keys, seed: 1)
    state["backbone.bn1.num_batches_tracked"] = Tensor([Int64(7)], shape: [])
    return Checkpoint(
      state: state, optimizer: ["momentum": tensors(keys, seed: 2)], average: tensors(keys, seed: 3),
      progress: ["iteration": 1234, "epoch": 5, "best_miou": 0.4321, "name": "block50"],
      random: ["recipe": .max, "sampler": 17],
      recipeState: ["counter": 3, "history": [0.1, 0.2], "name": "x"],
      recipe: RecipeRecord(
        sources: [
          RecipeSource(name: "recipes/a.lua", text: "return 1 -- ü\n"), RecipeSource(name: "shared", text: ""),
        ],
        settings: ["loss[2].weight=0"], arguments: ["x", ""], seed: 0xffff_ffff_ffff_fff0, resolved: ["batch": 8]))
  }

  private func expectEqual(_ a: [String: Tensor], _ b: [String: Tensor]) {
    #expect(a.keys.sorted() == b.keys.sorted())
    for (key, tensor) in a {
      guard let other = b[key] else { continue }
      #expect(tensor.shape == other.shape && tensor.type == other.type, "\(key)")
      if tensor.type == .float32 {
        #expect(tensor.array(of: Float.self).map(\.bitPattern) == other.array(of: Float.self).map(\.bitPattern))
      } else {
        #expect(tensor.array(of: Int64.self) == other.array(of: Int64.self))
      }
    }
  }

  @Test func everythingComesBackBitForBit() throws {
    let path = folder.file("latest.h5")
    let saved = sample()
    try saved.save(to: path)
    let back = try Checkpoint(contentsOf: path)
    expectEqual(back.state, saved.state)
    expectEqual(back.optimizer["momentum"] ?? [:], saved.optimizer["momentum"] ?? [:])
    expectEqual(back.average, saved.average)
    #expect(back.progress == saved.progress)
    #expect(back.random == saved.random)
    #expect(back.recipeState == saved.recipeState)
    #expect(back.recipe == saved.recipe)
    expectEqual(try Checkpoint.weights(of: path), saved.state)
    #expect(try Checkpoint.progress(of: path) == saved.progress)
    #expect(try folder.contents() == ["latest.h5"])
  }

  @Test func theFileLooksAsPromised() throws {
    let path = folder.file("latest.h5")
    try sample().save(to: path)
    let file = try HDF5File(reading: path)
    #expect(try file.attribute("format", of: "/") == "tel-checkpoint")
    #expect(try file.attribute("version", of: "/") == 1)
    #expect(try file.keys("/state").contains("backbone.conv1.weight"))
    #expect(try file.read("/optimizer/momentum/cls_head.0.weight").shape == [4, 3, 2])
    #expect(try file.attribute("iteration", of: "/progress") == 1234)
    #expect(try file.readStrings("/recipe/names") == ["recipes/a.lua", "shared"])
  }

  @Test func onlyWeightsIsEnough() throws {
    let path = folder.file("weights.h5")
    try Checkpoint(state: [:]).save(to: path)
    let back = try Checkpoint(contentsOf: path)
    #expect(back.state.isEmpty && back.optimizer.isEmpty && back.average.isEmpty && back.progress.isEmpty)
  }

  @Test func otherAndNewerFilesAreRefused() throws {
    let path = folder.file("x.h5")
    try sample().save(to: path)
    let newer = try HDF5File(updating: path)
    try newer.setAttribute("version", of: "/", 2)
    try newer.write(to: path)
    #expect { try Checkpoint(contentsOf: path) } throws: { "\($0)".contains("newer") && "\($0)".contains(path) }
    #expect { try Checkpoint.weights(of: path) } throws: { "\($0)".contains("newer") }
    try RunFile().save(to: path)
    #expect { try Checkpoint(contentsOf: path) } throws: {
      "\($0)".contains("tel-run") && "\($0)".contains("tel-checkpoint")
    }
    try HDF5File(creating: path).write(to: path)
    #expect { try Checkpoint(contentsOf: path) } throws: { $0 is FormatError && "\($0)".contains(path) }
  }

  @Test func namesThatTheFormatCannotHoldAreRefused() {
    for key in ["", ".", "a/b"] {
      let checkpoint = Checkpoint(state: [key: Tensor(zeros: [1])])
      #expect { try checkpoint.save(to: folder.file("x.h5")) } throws: { $0 is HDF5Error }
    }
  }

  @Test func aFailedSaveKeepsTheOldFile() throws {
    let path = folder.file("latest.h5")
    try sample().save(to: path)
    let before = try FileBytes(path: path).array
    #expect(throws: HDF5Error.self) { try Checkpoint(state: ["a/b": Tensor(zeros: [1])]).save(to: path) }
    #expect(try FileBytes(path: path).array == before)
    #expect(try folder.contents() == ["latest.h5"])
  }
}
