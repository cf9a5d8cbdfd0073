import Foundation
import Storage
import Tensors
import TestSupport
import Testing

/// Files that today's PyTorch and safetensors wrote (`Tests/Peers/write_pytorch_files.py`).
@Suite struct ForeignWeightsTests {
  private static let folder =
    URL(fileURLWithPath: Golden.folder).deletingLastPathComponent().path + "/Files/torch/"

  private static let names = ["kinds", "bare", "checkpoint", "model"]
  private static let variants = ["zip_2", "zip_5", "legacy_2", "legacy_5"]

  private func bits(_ tensor: Tensor) -> [UInt64] { tensor.array(of: Double.self).map(\.bitPattern) }

  @Test(arguments: names, variants)
  func bothFormatsHoldTheSame(name: String, variant: String) throws {
    let expected = try WeightFile(path: Self.folder + name + ".safetensors")
    let found = try WeightFile(path: Self.folder + "\(name)_\(variant).pth")
    #expect(expected.format == .safeTensors && found.format == .pyTorch)
    #expect(expected.tensors.map(\.name).sorted() == found.tensors.map(\.name).sorted())
    let tensors = try found.load()
    for stored in expected.tensors {
      let tensor = try #require(tensors[stored.name])
      #expect(tensor.shape == stored.shape && tensor.type == stored.type)
      #expect(bits(tensor) == bits(try stored.load()), "\(stored.name)")
    }
    #expect(
      Dictionary(uniqueKeysWithValues: expected.tensors.map { ($0.name, $0.storedType) })
        == Dictionary(uniqueKeysWithValues: found.tensors.map { ($0.name, $0.storedType) }))
  }

  @Test(arguments: variants)
  func settingsOfAllKindsAreRead(variant: String) throws {
    let file = try PyTorchFile(path: Self.folder + "checkpoint_\(variant).pth")
    let settings = try #require(file.root["config_dict"])
    #expect(
      settings.storedValue == [
        "performance": 0.75, "iters": 7, "best": true, "ids": [3], "raw": "2 bytes", "type": "torch.float16",
        "device": "cuda:1", "size": [2, 3], "huge": .number(-0x1p100), "pair": [1, nil],
      ])
    if case .bytes(let bytes)? = settings["raw"] { #expect(bytes == [0, 0xff]) } else { Issue.record("no bytes") }
  }

  @Test(arguments: variants)
  func anOrderedDictionaryKeepsItsAttributes(variant: String) throws {
    guard case .dictionary(let root) = try PyTorchFile(path: Self.folder + "bare_\(variant).pth").root else {
      Issue.record("no dictionary")
      return
    }
    #expect(root.attributes.first?.value["backbone.1"]?.storedValue == ["version": 2])
  }
}
