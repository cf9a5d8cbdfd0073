import Foundation
import Storage
import Tensors
import TestSupport
import Testing

/// Files changed at random: a typed error or a value each time, never a crash, never much memory.
@Suite struct WeightFileFuzzTests {
  private static let names = [
    "ckpt_zip", "ckpt_legacy", "pretrained_bare_zip", "pretrained_bare_legacy", "malicious_zip", "malicious_legacy",
    "truncated_zip", "truncated_legacy", "../../Files/torch/checkpoint_zip_5", "../../Files/torch/kinds_legacy_5",
  ]

  private static func content(_ name: String) throws -> [UInt8] {
    try FileBytes(path: "\(Golden.folder)/pth/\(name).pth").array
  }

  /// Flips, overwrites, inserts, cuts out, splices and truncates.
  private struct Mutator {
    var random: RandomStream
    let others: [[UInt8]]

    mutating func below(_ limit: Int) -> Int { Int(random.next() % UInt64(max(1, limit))) }

    mutating func mutated(_ content: [UInt8]) -> [UInt8] {
      var bytes = content
      for _ in 0...below(3) where !bytes.isEmpty {
        let at = below(bytes.count)
        let length = min(bytes.count - at, 1 + below(12))
        switch below(8) {
        case 0, 1: bytes[at] ^= 1 << UInt8(below(8))
        case 2: bytes[at] = UInt8(below(256))
        case 3:
          bytes.replaceSubrange(at..<at + length, with: repeatElement([0, 0x7f, 0x80, 0xff][below(4)], count: length))
        case 4: bytes.insert(contentsOf: (0..<1 + below(12)).map { _ in UInt8(below(256)) }, at: at)
        case 5: bytes.removeSubrange(at..<at + length)
        case 6:
          let other = others[below(others.count)]
          let from = below(other.count)
          let part = other[from..<min(other.count, from + 1 + below(200))]
          bytes.replaceSubrange(at..<min(bytes.count, at + below(part.count + 1)), with: part)
        default: if below(4) == 0 { bytes.removeLast(bytes.count - at) } else { bytes[at] = bytes[below(bytes.count)] }
        }
      }
      return bytes
    }
  }

  /// Opens a file, looks at all of it, and loads its weights; gives their bits by name, or nil if it is refused.
  private func load(_ content: [UInt8]) -> [String: [UInt64]]? {
    do {
      let tensors: [StoredTensor]
      if content.count > 8 && content[8] == UInt8(ascii: "{") {
        tensors = try SafeTensorsFile(content, name: "x").tensors
      } else {
        let file = try PyTorchFile(content, name: "x")
        _ = file.root.storedValue.json
        tensors = try file.weights()
      }
      var values: [String: [UInt64]] = [:]
      for stored in tensors {
        let tensor = try stored.load()
        #expect(tensor.shape == stored.shape && tensor.type == stored.type)
        // Few numbers may be announced as many; a sample of them is enough.
        if tensor.count <= 10_000 { values[stored.name] = tensor.array(of: Double.self).map(\.bitPattern) }
      }
      return values
    } catch {
      #expect(
        error is PyTorchError || error is ZipError || error is SafeTensorsError || error is TensorError,
        "\(type(of: error))")
      #expect("\(error)".utf8.count < 2000)
      return nil
    }
  }

  private func fuzz(_ seeds: [[UInt8]], rounds: Int, _ purpose: String, _ check: ([UInt8], Int) -> Void) {
    var mutator = Mutator(random: RandomStream(seed: 11, purpose: purpose), others: seeds)
    let before = Memory.resident
    var most = before
    for round in 0..<rounds {
      let index = mutator.below(seeds.count)
      check(mutator.mutated(seeds[index]), index)
      if round % 500 == 0 { most = max(most, Memory.resident) }
    }
    #expect(most - before < 128 << 20, "resident memory grew by \((most - before) >> 20) MB")
  }

  @Test func changedFilesAreRefusedOrRead() throws {
    let seeds = try Self.names.map(Self.content)
    let originals = seeds.map { load($0) }
    var refused = 0
    fuzz(seeds, rounds: 16_000, "files") { content, index in
      guard let values = load(content) else {
        refused += 1
        return
      }
      // In a zip file everything that counts has a checksum.
      if Self.names[index].contains("zip") { #expect(values == originals[index]) }
    }
    #expect(refused > 8000 && refused < 16_000)
  }

  @Test func changedPicklesWithRightChecksumsAreRefusedOrRead() throws {
    let seeds = try ["ckpt_zip", "pretrained_bare_zip"].map { name in
      let content = try Self.content(name)
      let start = try #require(content.firstRange(of: [0x80, 2, 0x7d]) ?? content.firstRange(of: [0x80, 2, 0x63]))
        .lowerBound
      let end = try #require(content[start...].firstRange(of: Array("PK\u{7}\u{8}".utf8))).lowerBound
      return Array(content[start..<end])
    }
    let sizes = [432, 16, 16, 16, 16, 8, 70, 24, 48, 192, 480, 0, 4, 24, 28, 3, 12, 12]
    let storages = Dictionary(
      uniqueKeysWithValues: sizes.enumerated().map { ("\($0)", [UInt8](repeating: 1, count: $1)) })
    for seed in seeds { #expect(load(ZipBuilder(pickle: seed, storages: storages).bytes())?.isEmpty == false) }
    var refused = 0
    fuzz(seeds, rounds: 8000, "pickles") { pickle, _ in
      if load(ZipBuilder(pickle: pickle, storages: storages).bytes()) == nil { refused += 1 }
    }
    #expect(refused > 2000 && refused < 8000)
  }

  @Test func changedSafeTensorsAreRefusedOrRead() throws {
    let folder = try TemporaryFolder()
    let seeds = try ["ckpt_zip", "pretrained_bare_zip"].map { name in
      let path = folder.file(name)
      try SafeTensorsFile.write(
        WeightFile(path: "\(Golden.folder)/pth/\(name).pth").tensors, metadata: ["a": "b"], to: path)
      return try FileBytes(path: path).array
    }
    var refused = 0
    fuzz(seeds, rounds: 6000, "safetensors") { content, _ in if load(content) == nil { refused += 1 } }
    #expect(refused > 1000 && refused < 6000)
  }
}
