import Foundation
import Storage
import Tensors
import TestSupport
import Testing

/// Single damaged bytes and truncations of a checkpoint and a run file: an error of a type that says which part, or the exact
/// values. A sample of all; with `TEL_EXHAUSTIVE=1` in the environment, all of them.
@Suite struct DamagedRunTests {
  let folder: TemporaryFolder
  private let isExhaustive = ProcessInfo.processInfo.environment["TEL_EXHAUSTIVE"] != nil

  init() throws { folder = try TemporaryFolder() }

  private let checkpoint = Checkpoint(
    state: [
      "conv.weight": Tensor((0..<64).map { 0.7 + Float($0) }, shape: [8, 8]), "bn.count": Tensor([Int64(7)], shape: []),
    ],
    optimizer: ["momentum": ["conv.weight": Tensor((0..<64).map { 0.3 - Float($0) }, shape: [8, 8])]],
    progress: ["iteration": 1234, "best_miou": 0.4321], random: ["recipe": 17],
    recipeState: ["counter": 3], recipe: RecipeRecord(sources: [RecipeSource(name: "a.lua", text: "return 1")]))

  private var results: RunFile {
    var run = RunFile(
      recipe: checkpoint.recipe, environment: ["threads": 2],
      data: ["train": DataRecord(names: ["a", "b"], bytes: [10, 20], classes: ["road"])], history: ["resumed"],
      protocols: ["val": ["images": 5]])
    for iteration in 1...40 { run.append("train", iteration: iteration, ["loss": 1 / Double(iteration)]) }
    run.append("val", iteration: 40, ["miou": 0.25], vectors: ["iou_per_class": [0.5, 0.25]])
    return run
  }

  private func isSame(_ back: Checkpoint) -> Bool {
    func bits(_ tensors: [String: Tensor]) -> [String: [Double]] {
      tensors.mapValues {
        $0.type == .int64 ? [Double($0.array(of: Int64.self)[0])] : $0.array(of: Float.self).map { Double($0) }
      }
    }
    return bits(back.state) == bits(checkpoint.state) && back.progress == checkpoint.progress
      && back.optimizer.mapValues(bits) == checkpoint.optimizer.mapValues(bits) && back.random == checkpoint.random
      && back.recipeState == checkpoint.recipeState && back.recipe == checkpoint.recipe
  }

  private func isSame(_ back: RunFile) -> Bool {
    let run = results
    return back.recipe == run.recipe && back.environment == run.environment && back.data == run.data
      && back.history == run.history && back.protocols == run.protocols
      && back.metrics["train"]?.columns == run.metrics["train"]?.columns
      && back.metrics["train"]?.iterations == run.metrics["train"]?.iterations
      && back.metrics["val"]?.columns == run.metrics["val"]?.columns
      && back.metrics["val"]?.vectors == run.metrics["val"]?.vectors
  }

  /// Reads `bytes` as a file.
  /// - Returns: the error, or nil for the exact values.
  private func outcome(_ bytes: some Sequence<UInt8>, isCheckpoint: Bool) throws -> (any Error)? {
    let path = folder.file("damaged.h5")
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    do {
      let isExact =
        isCheckpoint ? isSame(try Checkpoint(contentsOf: path)) : isSame(try RunFile(contentsOf: path))
      #expect(isExact, "silently wrong")
      return nil
    } catch {
      #expect(error is HDF5Error && "\(error)".contains(path), "\(error)")
      return error
    }
  }

  @Test(arguments: [true, false]) func everyDamagedByteIsToldOrDoesNoHarm(isCheckpoint: Bool) throws {
    let path = folder.file("whole.h5")
    if isCheckpoint { try checkpoint.save(to: path) } else { try results.save(to: path) }
    let whole = try FileBytes(path: path).array
    #expect(whole.count < 40_000)
    var named: [String: Int] = [:]
    for flip in isExhaustive ? [UInt8](arrayLiteral: 1, 0x80, 0xff) : [1] {
      for index in stride(from: 0, to: whole.count, by: isExhaustive ? 1 : 23) {
        var bytes = whole
        bytes[index] ^= flip
        let error = try outcome(bytes, isCheckpoint: isCheckpoint)
        if case HDF5Error.damaged(_, let part)? = error { named[part ?? "the rest", default: 0] += 1 }
        // Where nothing is noticed, it is because there is no longer a mark that anything should be.
        if error == nil { #expect(index >= whole.count - 8, "byte \(index)") }
      }
    }
    let parts = isCheckpoint ? ["/state/conv.weight", "/optimizer/momentum/conv.weight"] : ["/metrics/train/iteration"]
    for part in parts + ["the rest"] { #expect(named[part, default: 0] > 5, "\(named)") }
  }

  @Test(arguments: [true, false]) func everyTruncationIsToldOrDoesNoHarm(isCheckpoint: Bool) throws {
    let path = folder.file("whole.h5")
    if isCheckpoint { try checkpoint.save(to: path) } else { try results.save(to: path) }
    let whole = try FileBytes(path: path).array
    for count in stride(from: 0, to: whole.count, by: 512) {
      let error = try outcome(whole[..<count], isCheckpoint: isCheckpoint)
      if count < whole.count * 3 / 4 { #expect(error != nil, "\(count) of \(whole.count) bytes") }
    }
  }
}
