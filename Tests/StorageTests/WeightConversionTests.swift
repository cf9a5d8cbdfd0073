import Foundation
import Storage
import Tensors
import TestSupport
import Testing

/// Weights of one format written as another, and listed.
@Suite struct WeightConversionTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test(arguments: ["ckpt_legacy.pth", "ckpt_zip.pth", "pretrained_bare_zip.pth"])
  func everyValueArrivesInTheCheckpoint(_ name: String) throws {
    let source = try WeightFile(path: Golden.folder + "/pth/" + name)
    let path = folder.file("weights.h5")
    try Checkpoint.convert(source, to: path)
    let found = try WeightFile(path: path)
    #expect(found.format == .checkpoint)
    #expect(found.tensors.map(\.name).sorted() == source.tensors.map(\.name).sorted())
    let (values, expected) = (try found.load(), try source.load())
    for (key, tensor) in expected {
      let value = try #require(values[key])
      #expect(value.shape == tensor.shape && value.type == tensor.type, "\(key)")
      #expect(bytes(value) == bytes(tensor), "\(key)")
    }
    let about = try Checkpoint(describing: path)
    #expect(about.provenance["source"] == .string(name) && about.provenance["format"] == "pyTorch")
    #expect(about.provenance["bytes"] == .integer(source.byteCount))
    #expect(about.state.isEmpty)
  }

  private func bytes(_ tensor: Tensor) -> [UInt8] {
    let tensor = tensor.contiguous()
    defer { extendLifetime(tensor.buffer) }
    let start = tensor.buffer.bytes + tensor.offset * tensor.type.byteCount
    return Array(UnsafeRawBufferPointer(start: start, count: tensor.count * tensor.type.byteCount))
  }

  @Test func aCheckpointThatIsConvertedKeepsWhatItSaysOfItself() throws {
    let checkpoint = Checkpoint(
      state: ["a": Tensor([Float(1), 2], shape: [2])], progress: ["iteration": 7],
      recipe: RecipeRecord(sources: [RecipeSource(name: "a.lua", text: "return 1")]))
    let (from, to) = (folder.file("from.h5"), folder.file("to.h5"))
    try checkpoint.save(to: from)
    try Checkpoint.convert(WeightFile(path: from), to: to)
    let about = try Checkpoint(contentsOf: to)
    #expect(about.progress == checkpoint.progress && about.recipe == checkpoint.recipe && about.provenance.isEmpty)
    #expect(about.state["a"]?.array(of: Float.self) == [1, 2])
  }

  @Test func listingsGroupByTheFirstPartsOfNames() {
    let names = ["stem.0.weight", "stem.0.bias", "stem.1.weight", "head.weight", "head.count"]
    let tensors = names.map { name in
      StoredTensor(name: name, name == "head.count" ? Tensor([Int64(1)], shape: []) : Tensor(zeros: [3, 2]))
    }
    let all = WeightListing(tensors)
    #expect(all.lines.map(\.name) == names && all.lines[0].shape == [3, 2])
    #expect(all.total.entries == 5 && all.total.count == 25 && all.total.bytes == 4 * 24 + 8)
    #expect(all.total.types == ["float32", "int64"])
    let four = WeightListing(tensors, limit: 4)
    #expect(four.lines.map(\.name) == ["stem.0.*", "stem.1.weight", "head.weight", "head.count"])
    #expect(four.lines[0].entries == 2 && four.lines[0].count == 12 && four.lines[0].shape == nil)
    let two = WeightListing(tensors, limit: 3)
    #expect(two.lines.map(\.name) == ["stem.*", "head.*"])
    #expect(WeightListing([], limit: 3).lines.isEmpty)
  }
}
