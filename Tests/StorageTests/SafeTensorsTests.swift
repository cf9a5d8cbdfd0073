import Foundation
import Storage
import Tensors
import TestSupport
import Testing

@Suite struct SafeTensorsTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A file of a header and bytes.
  private static func file(_ header: String, _ content: [UInt8] = []) -> [UInt8] {
    withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) } + Array(header.utf8) + content
  }

  private func bytes(_ tensor: Tensor) -> [UInt8] {
    let source = tensor.contiguous()
    defer { extendLifetime(source.buffer) }
    let start = source.buffer.bytes + source.offset * source.type.byteCount
    return Array(UnsafeRawBufferPointer(start: start, count: source.count * source.type.byteCount))
  }

  @Test func everyTypeAndShapeComesBackBitForBit() throws {
    var random = RandomStream(seed: 3, purpose: "safetensors")
    var tensors: [StoredTensor] = []
    for type in ElementType.allCases {
      for shape in [[], [1], [0], [7], [3, 0, 2], [2, 3, 4, 5], [1000, 3]] {
        let tensor = Tensor(uninitialized: shape, type)
        for i in 0..<tensor.count * type.byteCount {
          tensor.buffer.bytes.storeBytes(of: UInt8(truncatingIfNeeded: random.next()), toByteOffset: i, as: UInt8.self)
        }
        tensors.append(StoredTensor(name: "ü \"\(type)\"/\(shape)\n", tensor))
      }
    }
    let matrix = Tensor((0..<12).map { Float($0) }, shape: [3, 4])
    tensors.append(StoredTensor(name: "a view", try matrix.permuted([1, 0])))
    let path = folder.file("a.safetensors")
    try SafeTensorsFile.write(tensors, metadata: ["format": "pt", "note": "grüß \\ \"x\""], to: path)
    let back = try SafeTensorsFile(path: path)
    #expect(back.metadata == ["format": "pt", "note": "grüß \\ \"x\""])
    #expect(Set(back.tensors.map(\.name)) == Set(tensors.map(\.name)) && back.tensors.count == tensors.count)
    let found = Dictionary(uniqueKeysWithValues: back.tensors.map { ($0.name, $0) })
    for tensor in tensors {
      let (loaded, expected) = (try #require(found[tensor.name]).load(), try tensor.load())
      #expect(loaded.shape == expected.shape && loaded.type == expected.type && bytes(loaded) == bytes(expected))
    }
    #expect(try folder.contents() == ["a.safetensors"])
    // The order of what is written changes nothing.
    let content = try FileBytes(path: path).array
    try SafeTensorsFile.write(tensors.reversed(), metadata: back.metadata, to: path)
    #expect(try FileBytes(path: path).array == content)
    let start = Int(content[0]) + Int(content[1]) << 8 + 8
    #expect(start % 8 == 0)
  }

  @Test func noTensorsAreAFileToo() throws {
    let path = folder.file("empty.safetensors")
    try SafeTensorsFile.write([], to: path)
    #expect(try SafeTensorsFile(path: path).tensors.isEmpty)
  }

  @Test func whatCannotBeWrittenLeavesTheOldFile() throws {
    let path = folder.file("a.safetensors")
    let tensor = Tensor([Float(1)], shape: [1])
    try SafeTensorsFile.write([StoredTensor(name: "a", tensor)], to: path)
    let content = try FileBytes(path: path).array
    for names in [["a", "a"], ["__metadata__"]] {
      #expect(throws: SafeTensorsError.self) {
        try SafeTensorsFile.write(names.map { StoredTensor(name: $0, tensor) }, to: path)
      }
    }
    // A tensor that can't be loaded while the file is being written.
    var builder = ZipBuilder(
      pickle: PickleBuilder().op("}").text("w").tensor("0", count: 1, shape: [1], strides: [1]).op("s").end,
      storages: ["0": [0, 0, 0, 0]])
    builder.entries[2].checksum = 1
    let damaged = try PyTorchFile(builder.bytes(), name: "x").weights()
    #expect(throws: ZipError.damaged(file: "x", entry: "archive/data/0")) {
      try SafeTensorsFile.write(damaged, to: path)
    }
    #expect(try FileBytes(path: path).array == content)
    #expect(try folder.contents() == ["a.safetensors"])
  }

  @Test func filesOfOthersAreRead() throws {
    let header = """
      {"__metadata__": {"format": "pt"} , "h\\u00fc":{"shape":[2],"dtype":"F16","data_offsets":[0,4]},
       "b":{"dtype":"BF16","shape":[1, 1],"data_offsets":[4,6]},"i":{"dtype":"I8","shape":[],"data_offsets":[6,7]},
       "t":{"dtype":"BOOL","shape":[1],"data_offsets":[7,8]},"s":{"dtype":"I16","shape":[1],"data_offsets":[8,10]},
       "e":{"dtype":"F64","shape":[0,5],"data_offsets":[10,10]}}      
      """
    let content: [UInt8] = [0x00, 0x3c, 0x00, 0xc0, 0x80, 0x3f, 0xff, 1, 0xfe, 0xff]
    let file = try SafeTensorsFile(Self.file(header, content), name: "x")
    #expect(file.metadata == ["format": "pt"])
    #expect(file.tensors.map(\.name) == ["hü", "b", "i", "t", "s", "e"])
    #expect(file.tensors.map(\.storedType) == ["float16", "bfloat16", "int8", "bool", "int16", "float64"])
    #expect(
      try file.tensors.map { try $0.load().array(of: Double.self) } == [[1, -2], [1], [-1], [1], [-2], []])
    #expect(file.tensors.last?.shape == [0, 5])
  }

  private static func entry(_ type: String = "F32", _ shape: String = "[1]", _ offsets: String = "[0,4]") -> String {
    "{\"dtype\":\"\(type)\",\"shape\":\(shape),\"data_offsets\":\(offsets)}"
  }

  @Test(arguments: [
    "", " {}", "[]", "{", "{\"a\"}", "{\"a\":1}", "{\"a\":{}}", "{\"a\":\(entry()),}", "{\"a\":\(entry())} x",
    "{\"a\":\(entry()),\"a\":\(entry())}", "{\"a\":\(entry()),\"\\u0061\":\(entry())}", "{\"__metadata__\":{\"a\":1}}",
    "{\"a\":\(entry("F32", "[-1]"))}", "{\"a\":\(entry("F32", "[1.0]"))}", "{\"a\":\(entry("F32", "1"))}",
    "{\"a\":\(entry("F32", "[99999999999999999999]"))}", "{\"a\":\(entry("F32", "[1]", "[4,0]"))}",
    "{\"a\":\(entry("F32", "[1]", "[0]"))}", "{\"a\":\(entry("F32", "[1]", "[0,4,4]"))}", "{\"a\\",
    "{\"a\\x\":\(entry())}",
    "{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
    "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],\"more\":1}}",
    "{\"a\":\(entry("F32", "[\(Array(repeating: "1", count: 65).joined(separator: ","))]"))}",
    "{\"a\":\(String(repeating: "[", count: 100_000))", "{}",
  ])
  func brokenHeadersAreRefused(header: String) {
    let file = Self.file(header, [0, 0, 0, 0])
    #expect { try SafeTensorsFile(file, name: "x") } throws: {
      guard case SafeTensorsError.header("x", let offset, _) = $0 else { return false }
      return offset <= file.count
    }
  }

  @Test(arguments: [
    entry("F32", "[2]"), entry("F32", "[0]"), entry("F64"), entry("C64"), entry("F8_E4M3"), entry("f32"),
    entry("F32", "[1]", "[1,5]"),
    entry("F32", "[4294967296,4294967296]"), entry("F32", "[0,4294967296,4294967296,4294967296]"),
    entry("U8", "[9]", "[0,9]"),
  ])
  func wrongTensorsAreRefusedByName(entry: String) {
    for header in ["{\"weight\":\(entry)}", "{\"weight\":\(entry),\"weight2\":\(Self.entry("U8", "[4]", "[0,4]"))}"] {
      #expect { try SafeTensorsFile(Self.file(header, [0, 0, 0, 0]), name: "x") } throws: {
        $0 is SafeTensorsError && ("\($0)".contains("the tensor weight") || "\($0)".contains("need 9 bytes"))
      }
    }
  }

  @Test func lengthsBeyondTheFileAreRefused() {
    for length in [1, 100, UInt64(1) << 32, 1 << 63, .max] {
      let file = withUnsafeBytes(of: length.littleEndian) { Array($0) }
      #expect(throws: SafeTensorsError.self) { try SafeTensorsFile(file, name: "x") }
    }
    for count in 0..<8 {
      #expect(throws: SafeTensorsError.self) { try SafeTensorsFile([UInt8](repeating: 0, count: count), name: "x") }
    }
    let invalid =
      withUnsafeBytes(of: UInt64(5).littleEndian) { Array($0) } + Array("{\"".utf8) + [0xff, 0xff] + Array("\"".utf8)
    #expect(throws: SafeTensorsError.self) { try SafeTensorsFile(invalid, name: "x") }
  }
}
