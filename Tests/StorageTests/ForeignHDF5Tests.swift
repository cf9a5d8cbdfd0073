import Foundation
import Storage
import Tensors
import TestSupport
import Testing

/// Files that h5py wrote (`Tests/Peers/write_h5py_file.py`).
@Suite struct ForeignHDF5Tests {
  let files = URL(fileURLWithPath: Golden.folder).deletingLastPathComponent().path + "/Files"
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func array(_ file: HDF5File, _ path: String) throws -> StoredArray? {
    if case .array(let array) = try file.info(path) { return array }
    return nil
  }

  @Test func everyNumberTypeIsReadAndConversionsAreTold() throws {
    let file = try HDF5File(reading: files + "/h5py.h5")
    let types: [(String, ElementType, converted: Bool)] = [
      ("float16", .float32, true), ("float32", .float32, false), ("float64", .float64, false), ("int8", .int32, true),
      ("int16", .int32, true), ("int32", .int32, false), ("int64", .int64, false), ("uint8", .uint8, false),
      ("uint16", .int32, true), ("uint32", .int64, true), ("uint64", .int64, true), ("bool", .uint8, false),
    ]
    for (name, type, converted) in types {
      let array = try #require(try array(file, "numbers/" + name))
      #expect(array.storedType == name && array.type == type && array.isConverted == converted, "\(name)")
      let values = try file.read("numbers/" + name)
      #expect(values.type == type)
      #expect(values.array(of: Double.self) == (name == "bool" ? [0, 1, 1, 1] : [0, 1, 1, 100]), "\(name)")
    }
    #expect(try file.read("numbers/big_endian").array(of: Float.self) == [1, -2, 3])
    #expect(try file.read("saturated").array(of: Int64.self) == [.max])
    #expect(try file.read("negative").array(of: Int32.self) == [-128, 127])
    #expect(try file.read("packed").array(of: Int32.self) == (0..<600).map { Int32($0) })
  }

  private func expectContent(_ file: HDF5File) throws {
    #expect(try file.readString("text") == "grüß")
    #expect { try file.readString("link") } throws: { "\($0)".contains("a link to another name") }
    #expect(try file.readStrings("texts") == ["a", "bb"])
    #expect(try file.readStrings("fixed") == ["ab", "cde"])
    #expect(try file.info("compound") == .other("compound"))
    #expect(
      try file.attributes("/") == [
        "text": "grüß", "truth": 1, "number": 1.5, "numbers": .integers([0, 1, 2]), "fixed": "hi",
        "texts": .strings(["a", "b"]),
      ])
    #expect { try file.read("compound") } throws: { "\($0)".contains("compound") }
    #expect { try file.read("empty") } throws: { $0 is HDF5Error }
    #expect { try file.read("dangling") } throws: { "\($0)".contains("/dangling is a link to another name") }
    #expect { try file.read("unwritten") } throws: { "\($0)".contains("claims the shape [1000000, 1000000]") }
  }

  @Test func textsAndAttributesAreRead() throws {
    try expectContent(try HDF5File(reading: files + "/h5py.h5"))
  }

  @Test func updatingKeepsAllOfIt() throws {
    let path = folder.file("copy.h5")
    try FileManager.default.copyItem(atPath: files + "/h5py.h5", toPath: path)
    let file = try HDF5File(updating: path)
    try file.write("/new", 1)
    try expectContent(file)
    try file.write(to: path)
    let back = try HDF5File(reading: path)
    try expectContent(back)
    #expect(try back.keys() == (HDF5File(reading: files + "/h5py.h5").keys() + ["new"]).sorted())
  }

  @Test func otherFilesAreNotOpenedThroughLinks() throws {
    let file = try HDF5File(reading: files + "/h5py_outside.h5")
    #expect(try file.read("here").item == 1)
    #expect { try file.readString("elsewhere") } throws: { $0 is HDF5Error }
    let path = folder.file("copy.h5")
    try FileManager.default.copyItem(atPath: files + "/h5py_outside.h5", toPath: path)
    #expect { try HDF5File(updating: path) } throws: { "\($0)".contains("a link into another file") }
  }
}
