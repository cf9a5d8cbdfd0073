import Foundation
import Storage
import Tensors
import TestSupport
import Testing

/// Files that PyTorch wrote, with the values that they hold.
@Suite struct PyTorchGoldenTests {
  private static func path(_ name: String) -> String { "\(Golden.folder)/pth/\(name).pth" }

  private struct Description: Decodable {
    let key: String, dtype: String, group: String
    let shape: [Int], stride: [Int]
    let storageOffset: Int
  }

  private struct Listing: Decodable { let tensors: [Description] }

  private func metadata() throws -> (Golden, StoredValue, [Description]) {
    let golden = try Golden("pth/ckpt_values.h5")
    let json = try golden.tensor("meta_json").array(of: UInt8.self)
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let listing = try decoder.decode(Listing.self, from: Data(json))
    return (golden, try StoredValue(json: String(decoding: json, as: UTF8.self)), listing.tensors)
  }

  @Test(arguments: ["ckpt_zip", "ckpt_legacy"])
  func everyTensorHasExactlyItsValues(name: String) throws {
    let (golden, _, descriptions) = try metadata()
    let file = try PyTorchFile(path: Self.path(name))
    guard case .dictionary(let state)? = file.root["state_dict"] else {
      Issue.record("no state_dict")
      return
    }
    let weights = try file.weights()
    #expect(weights.map { "module." + $0.name } == descriptions.map(\.key))
    for (description, weight) in zip(descriptions, weights) {
      guard case .tensor(let tensor)? = state[description.key] else {
        Issue.record("\(description.key) is no tensor")
        continue
      }
      #expect(tensor.format.rawValue == description.dtype && weight.storedType == description.dtype)
      #expect(tensor.shape == description.shape && weight.shape == description.shape)
      #expect(tensor.strides == description.stride && tensor.offset == description.storageOffset)
      let loaded = try weight.load()
      #expect(loaded.shape == description.shape && loaded.type == weight.type && loaded.isContiguous)
      if try golden.has(description.group + "/value_f64") {
        let expected = try golden.tensor(description.group + "/value_f64").array(of: Double.self)
        #expect(loaded.array(of: Double.self).map(\.bitPattern) == expected.map(\.bitPattern), "\(description.key)")
      } else if try golden.has(description.group + "/value_i64") {
        let expected = try golden.tensor(description.group + "/value_i64").array(of: Int64.self)
        #expect(loaded.array(of: Int64.self) == expected, "\(description.key)")
      } else {
        #expect(loaded.count == 0, "\(description.key)")
      }
    }
    guard case .tensor(let whole)? = state["module.full_shared.weight"],
      case .tensor(let part)? = state["module.rowslice.weight"]
    else { return }
    #expect(whole.storageKey == part.storageKey)
  }

  @Test(arguments: ["ckpt_zip", "ckpt_legacy"])
  func theConfigurationStaysReadable(name: String) throws {
    let (_, metadata, _) = try metadata()
    let configuration = try #require(try PyTorchFile(path: Self.path(name)).root["config_dict"])
    guard case .table(var found) = configuration.storedValue, case .largeInteger(let huge)? = configuration["hugeint"]
    else {
      Issue.record("no configuration")
      return
    }
    found["hugeint"] = nil
    #expect(StoredValue.table(found) == metadata["config_dict"])
    #expect(.string(huge) == metadata["hugeint_decimal"])
    if case .tuple(let values)? = configuration["tuple"] {
      #expect(values.count == 3)
    } else {
      Issue.record("no tuple")
    }
  }

  @Test func bareDictionariesAreWeights() throws {
    let golden = try Golden("pth/ckpt_values.h5")
    for name in ["pretrained_bare_zip", "pretrained_bare_legacy"] {
      let file = try PyTorchFile(path: Self.path(name))
      #expect(file.encoding == (name.hasSuffix("zip") ? .zip : .legacy))
      let weights = try file.weights()
      #expect(
        weights.map(\.name)
          == ["conv1.weight"].map { "backbone." + $0 }
          + ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"].map { "backbone.bn1." + $0 })
      for weight in weights {
        let kind = weight.type == .int64 ? "i64" : "f64"
        let expected = try golden.tensor("module.\(weight.name)/value_\(kind)").array(of: Double.self)
        #expect(try weight.load().array(of: Double.self) == expected, "\(weight.name)")
      }
      guard case .dictionary(let root) = file.root, case .text("_metadata")? = root.attributes.first?.key else {
        Issue.record("no metadata")
        continue
      }
      #expect(root.attributes[0].value["backbone.bn1"]?.storedValue == ["version": 2])
    }
  }

  @Test(arguments: ["malicious_zip", "malicious_legacy"])
  func codeIsRefusedByNameAndNotRun(name: String) throws {
    let path = Self.path(name)
    let content = try FileBytes(path: path).array
    let offset = try #require(content.firstRange(of: Array("cposix\nsystem\n".utf8))).lowerBound
    #expect(throws: PyTorchError.forbidden(file: path, name: "posix.system", offset: offset)) {
      try PyTorchFile(path: path)
    }
    #expect { try WeightFile(path: path) } throws: {
      "\($0)".contains("posix.system") && "\($0)".contains(path) && "\($0)".contains("nothing was run")
    }
    for folder in ["/tmp", FileManager.default.currentDirectoryPath, Golden.folder + "/pth"] {
      #expect(!FileManager.default.fileExists(atPath: folder + "/pwned"))
    }
  }

  @Test func truncatedFilesSayWhereTheyEnd() throws {
    let zip = Self.path("truncated_zip")
    let count = try FileBytes(path: zip).count
    #expect { try PyTorchFile(path: zip) } throws: {
      $0 is ZipError && "\($0)".contains("at byte \(count)") && "\($0)".contains("cut off")
    }
    let legacy = Self.path("truncated_legacy")
    let end = try FileBytes(path: legacy).count
    #expect { try PyTorchFile(path: legacy) } throws: {
      guard case PyTorchError.pickle(legacy, let offset, let reason) = $0 else { return false }
      return (end - 20..<end).contains(offset) && reason.contains("are left")
    }
  }

  @Test(arguments: ["ckpt_zip", "ckpt_legacy", "pretrained_bare_zip", "pretrained_bare_legacy"])
  func everyTruncationIsATypedError(name: String) throws {
    let content = try FileBytes(path: Self.path(name)).array
    for count in 0..<content.count {
      #expect("\(count) of \(content.count) bytes") { try PyTorchFile(Array(content[..<count]), name: "x") } throws: {
        ($0 is PyTorchError || $0 is ZipError) && "\($0)".hasPrefix("x: ")
      }
    }
  }
}
