import Foundation
import Storage
import Tensors
import TestSupport
import Testing

@Suite struct HDF5Tests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// What is read back after writing.
  private func roundTrip(_ build: (HDF5File) throws -> Void) throws -> HDF5File {
    let path = folder.file("a.h5")
    let file = try HDF5File(creating: "test")
    try build(file)
    try file.write(to: path)
    return try HDF5File(reading: path)
  }

  private func bytes(_ tensor: Tensor) -> [UInt8] {
    let source = tensor.contiguous()
    defer { extendLifetime(source.buffer) }
    let start = source.buffer.bytes + source.offset * source.type.byteCount
    return Array(UnsafeRawBufferPointer(start: start, count: source.count * source.type.byteCount))
  }

  @Test(arguments: ElementType.allCases, [false, true])
  func everyTypeAndShapeComesBackBitForBit(type: ElementType, compressed: Bool) throws {
    var random = RandomStream(seed: 1, purpose: "bytes")
    for shape in [[], [1], [0], [7], [3, 0, 2], [2, 3, 4, 5], [1, 3000], [5000, 3]] {
      let tensor = Tensor(uninitialized: shape, type)
      for i in 0..<tensor.count * type.byteCount {
        tensor.buffer.bytes.storeBytes(of: UInt8(truncatingIfNeeded: random.next()), toByteOffset: i, as: UInt8.self)
      }
      let file = try roundTrip { try $0.write("/deep/er/x", tensor, compressed: compressed) }
      let back = try file.read("deep/er/x")
      #expect(back.type == type && back.shape == shape)
      #expect(bytes(back) == bytes(tensor))
      guard case .array(let array) = try file.info("/deep/er/x") else {
        Issue.record("no array")
        continue
      }
      #expect(array.shape == shape && array.type == type && !array.isConverted)
    }
  }

  @Test func viewsAreStoredAsTheyLook() throws {
    let tensor = try Tensor((0..<24).map { Float($0) }, shape: [2, 3, 4]).permuted([2, 0, 1])
    let part = try tensor.narrowed(0, start: 1, count: 2)
    let file = try roundTrip { try $0.write("x", part) }
    #expect(try file.read("x").array(of: Float.self) == part.array(of: Float.self))
  }

  @Test func largeCompressedArraysAreChunked() throws {
    let labels = Tensor((0..<3000 * 2000).map { UInt8($0 / 50000 % 19) }, shape: [3000, 2000])
    let file = try roundTrip { try $0.write("labels", labels, compressed: true) }
    #expect(try file.read("labels").array(of: UInt8.self) == labels.array(of: UInt8.self))
    guard case .array(let array) = try file.info("labels") else { return }
    #expect(array.storedBytes < 100_000)
  }

  @Test func textOfEveryKind() throws {
    let texts = ["", "plain", "Grüße, 木 🌳", String(repeating: "long ", count: 50000), "two\nlines\r\n", "\u{1}"]
    let file = try roundTrip { file in
      for (index, text) in texts.enumerated() { try file.write("/texts/\(index)", text) }
      try file.write("/list", texts)
      try file.write("/none", [String]())
    }
    for (index, text) in texts.enumerated() { #expect(try file.readString("/texts/\(index)") == text) }
    #expect(try file.readStrings("/list") == texts)
    #expect(try file.readStrings("/none") == [])
    #expect(try file.info("/list") == .text(shape: [6]))
    #expect { try HDF5File(creating: "new").write("/x", "zero\0byte") } throws: { "\($0)".contains("zero byte") }
  }

  @Test func attributesOfEveryKind() throws {
    let values: [String: AttributeValue] = [
      "text": "Grüße", "empty": "", "integer": -3, "large": .integer(.max), "double": 0.1, "nan": .double(.infinity),
      "texts": .strings(["a", "", "ccc"]), "integers": .integers([1, 2, -3]), "doubles": .doubles([1e-300, 2]),
    ]
    let file = try roundTrip { file in
      try file.createGroup("/a/b")
      for path in ["/", "/a/b"] {
        for (key, value) in values {
          try file.setAttribute(key, of: path, "an older value")
          try file.setAttribute(key, of: path, value)
        }
      }
    }
    #expect(try file.attributes("/") == values)
    #expect(try file.attributes("/a/b") == values)
    #expect(try file.attributes("/a").isEmpty)
    #expect(try file.attribute("integer", of: "/a/b") == -3)
    #expect(try file.attribute("missing", of: "/a/b") == nil)
    let long = AttributeValue.doubles([Double](repeating: 1, count: 10000))
    #expect { try HDF5File(creating: "x").setAttribute("long", of: "/", long) } throws: { "\($0)".contains("64 kB") }
  }

  @Test func namesAndMissingNames() throws {
    let file = try roundTrip { file in
      for path in ["b/two", "b/one", "a", "b/c/deep", "Ä.dot"] { try file.write(path, 1.5) }
    }
    #expect(try file.keys() == ["a", "b", "Ä.dot"])
    #expect(try file.keys("/b") == ["c", "one", "two"])
    #expect(try file.datasets() == ["a", "b/c/deep", "b/one", "b/two", "Ä.dot"])
    #expect(try file.datasets(below: "b") == ["c/deep", "one", "two"])
    #expect(try file.exists("/") && file.exists("b/c") && !file.exists("b/c/d/e") && !file.exists("a/x"))
    #expect { try file.read("b/three") } throws: {
      "\($0)".contains("there is no /b/three") && "\($0)".contains("/b/two") && "\($0)".contains("a.h5")
    }
    #expect { try file.read("b") } throws: { "\($0)".contains("/b is a group") }
    #expect { try file.keys("a") } throws: { "\($0)".contains("an array of float64") }
    #expect { try file.readString("a") } throws: { "\($0)".contains("text") }
  }

  @Test func replacingAndRemoving() throws {
    let file = try roundTrip { file in
      try file.write("x", Tensor([Int32(1), 2, 3], shape: [3]))
      try file.write("x", "now a text")
      try file.write("g/y", 2)
      try file.remove("g")
      #expect { try file.remove("g") } throws: { "\($0)".contains("there is no /g") }
      #expect { try file.write("x/below", 1) } throws: { $0 is HDF5Error }
      #expect { try file.write("/", 1) } throws: { "\($0)".contains("needs a name") }
    }
    #expect(try file.keys() == ["x"])
    #expect(try file.readString("x") == "now a text")
  }

  @Test func updatingKeepsWhatWasThere() throws {
    let path = folder.file("u.h5")
    let first = try HDF5File(updating: path)
    try first.write("/kept/x", Tensor([1.0, 2.0], shape: [2]))
    try first.write("/old", 1)
    try first.setAttribute("format", of: "/", "something")
    try first.setAttribute("unit", of: "/kept/x", "m")
    try first.write(to: path)
    let size = try FileBytes(path: path).count
    for round in 0..<5 {
      let file = try HDF5File(updating: path)
      try file.write("/old", round)
      try file.write(to: path)
    }
    let file = try HDF5File(reading: path)
    #expect(try file.read("/old").item == 4)
    #expect(try file.read("/kept/x").array(of: Double.self) == [1, 2])
    #expect(try file.attribute("unit", of: "/kept/x") == "m")
    #expect(try file.attribute("format", of: "/") == "something")
    #expect(try FileBytes(path: path).count < size + 10000)
    #expect(try folder.contents() == ["u.h5"])
  }

  @Test func equalContentGivesEqualBytes() throws {
    let (a, b) = (folder.file("a.h5"), folder.file("b.h5"))
    for path in [a, b] {
      let file = try HDF5File(creating: path)
      try file.write("/g/x", Tensor([Float(1), 2], shape: [2]))
      try file.write("/g/text", "text")
      try file.setAttribute("k", of: "/g", 1)
      try file.write(to: path)
    }
    #expect(try FileBytes(path: a).array == FileBytes(path: b).array)
  }

  @Test func aFileBeyondTheSizeThatIsMappedIsRead() throws {
    let large = Tensor((0..<9 << 20).map { Float($0) }, shape: [9 << 20])
    let file = try roundTrip { try $0.write("x", large) }
    #expect(try bytes(file.read("x")) == bytes(large))
  }

  @Test func closedFilesSaySo() throws {
    let file = try roundTrip { try $0.write("x", 1) }
    file.close()
    #expect { try file.read("x") } throws: { "\($0)".contains("closed") }
  }

  @Test func manyThreadsReadAtOnce() async throws {
    let values = (0..<1000).map { Float($0) }
    let file = try roundTrip { file in
      for i in 0..<20 { try file.write("g/\(i)", Tensor(values, shape: [1000])) }
    }
    await withTaskGroup(of: Bool.self) { group in
      for i in 0..<200 { group.addTask { (try? file.read("g/\(i % 20)").array(of: Float.self)) == values } }
      for await ok in group { #expect(ok) }
    }
  }
}
