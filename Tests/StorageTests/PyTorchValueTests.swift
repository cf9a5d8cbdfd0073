import Storage
import Tensors
import TestSupport
import Testing

/// Pickles made by hand: what is understood, and what is made of it.
@Suite struct PyTorchValueTests {
  private func value(_ pickle: PickleBuilder) throws -> PyTorchValue {
    try PyTorchFile(ZipBuilder(pickle: pickle.end).bytes(), name: "x").root
  }

  @Test func integersOfAnyLengthAreRead() throws {
    let cases: [([UInt8], String)] = [
      ([], "0"), ([0], "0"), ([0xff], "-1"), ([0x80], "-128"), ([0, 0x80], "-32768"), ([0xff, 0], "255"),
      ([0, 0, 0, 0, 0, 0, 0, 0x80], "\(Int.min)"), ([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], "\(Int.max)"),
      ([0, 0, 0, 0, 0, 0, 0, 0x80, 0], "9223372036854775808"),
      ([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0xff], "-9223372036854775809"),
      ([1, 0, 0, 0, 0, 0, 0, 0, 0, 0], "1"), ([0xfe] + [UInt8](repeating: 0xff, count: 20), "-2"),
      ([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80], "-170141183460469231731687303715884105728"),
    ]
    for (bytes, digits) in cases {
      for header in [[0x8a, UInt8(bytes.count)], [0x8b, UInt8(bytes.count), 0, 0, 0]] {
        switch try value(PickleBuilder().raw(header + bytes)) {
        case .integer(let value): #expect("\(value)" == digits && Int(digits) != nil)
        case .largeInteger(let found): #expect(found == digits && Int(digits) == nil)
        default: Issue.record("\(digits) became something else")
        }
      }
    }
    #expect(try value(PickleBuilder().raw([0x4a, 0xf9, 0xff, 0xff, 0xff])).storedValue == -7)
    #expect(try value(PickleBuilder().number(-0.1)).storedValue == -0.1)
  }

  @Test func bothPythonsWritingsAreUnderstood() throws {
    // Python 2 makes ordered dictionaries of a list of pairs, and writes short strings.
    let old = PickleBuilder().global("collections", "OrderedDict").mark.op("](](").raw([0x55, 1, 0x62]).op("K").raw([1])
      .op("e](").raw([0x55, 1, 0x61]).op("N").op("eetR")
    guard case .dictionary(let dictionary) = try value(old) else {
      Issue.record("no dictionary")
      return
    }
    #expect(dictionary.entries.map { $0.key.storedValue } == ["b", "a"] && dictionary["b"]?.storedValue == 1)

    let set = PickleBuilder().global("__builtin__", "set").op("](K").raw([7]).raw([0x65, 0x85]).op("R")
    if case .set(let values) = try value(set) {
      #expect(values.map(\.storedValue) == [7])
    } else {
      Issue.record("no set")
    }
    let bytes = PickleBuilder().global("_codecs", "encode").text("aÿ").text("latin1").raw([0x86]).op("R")
    if case .bytes(let found) = try value(bytes) { #expect(found == [0x61, 0xff]) } else { Issue.record("no bytes") }
  }

  @Test func laterProtocolsAreRead() throws {
    // Protocol 4: a frame, short text, memoize, a stack global, a set.
    let body: [UInt8] =
      [0x7d, 0x94, 0x28, 0x8c, 1, 0x61, 0x94, 0x8c, 11] + Array("collections".utf8) + [0x8c, 11]
      + Array("OrderedDict".utf8) + [0x93, 0x29, 0x52, 0x8c, 1, 0x62, 0x8f, 0x28, 0x4b, 1, 0x90, 0x75, 0x2e]
    let pickle = [0x80, 4, 0x95, UInt8(body.count), 0, 0, 0, 0, 0, 0, 0] + body
    let root = try PyTorchFile(ZipBuilder(pickle: pickle).bytes(), name: "x").root
    #expect(root.storedValue == ["a": [:], "b": [1]])
  }

  @Test func constantsOfPyTorchAreNamed() throws {
    let values: [(PickleBuilder, StoredValue)] = [
      (PickleBuilder().global("torch", "float16"), "torch.float16"),
      (PickleBuilder().global("torch", "device").text("cuda").op("K").raw([1, 0x86]).op("R"), "cuda:1"),
      (PickleBuilder().global("torch", "device").text("cpu").raw([0x85]).op("R"), "cpu"),
      (PickleBuilder().global("torch", "Size").integers([2, 3]).raw([0x85]).op("R"), [2, 3]),
    ]
    for (pickle, expected) in values { #expect(try value(pickle).storedValue == expected) }
  }

  private func scalar(_ code: String, order: String, _ bytes: String) -> PickleBuilder {
    PickleBuilder().global("numpy.core.multiarray", "scalar").global("numpy", "dtype").text(code).raw([
      0x89, 0x88, 0x87,
    ])
    .op("R(K").raw([3]).text(order).op("NNNK").raw([0]).op("K").raw([0]).op("K").raw([0]).op("tb")
    .global("_codecs", "encode").text(bytes).text("latin1").raw([0x86]).op("R").raw([0x86]).op("R")
  }

  @Test func scoresAsNumPyNumbersAreRead() throws {
    let half = "\0\0\0\0\0\0à?"
    #expect(try value(scalar("f8", order: "<", half)).storedValue == 0.5)
    #expect(try value(scalar("i2", order: "<", "\u{fe}\u{ff}")).storedValue == -2)
    #expect(try value(scalar("b1", order: "|", "\u{1}")).storedValue == true)
    #expect(throws: PyTorchError.bigEndian(file: "x")) { try value(scalar("f8", order: ">", half)) }
    #expect(throws: PyTorchError.self) { try value(scalar("f8", order: "<", "short")) }
    #expect(throws: PyTorchError.self) { try value(scalar("O8", order: "<", half)) }
  }

  @Test func ofEqualKeysTheLastCounts() throws {
    let pickle = PickleBuilder().op("}(").text("a").integer(1).text("b").integer(2).text("a").integer(3).integer(1)
      .integer(4).op("u")
    guard case .dictionary(let dictionary) = try value(pickle) else { return }
    #expect(dictionary.entries.map { $0.value.storedValue } == [3, 2, 4])
    #expect(dictionary["a"]?.storedValue == 3)
  }

  @Test func storagesSavedByThemselvesAreTensors() throws {
    for (type, module) in [("ShortStorage", "torch"), ("UntypedStorage", "torch.storage")] {
      let pickle = PickleBuilder().storage("0", count: type == "ShortStorage" ? 2 : 4, type, module: module)
      let file = ZipBuilder(pickle: pickle.end, storages: ["0": [1, 0, 0xff, 0xff]]).bytes()
      guard case .tensor(let tensor) = try PyTorchFile(file, name: "x").root else {
        Issue.record("no tensor")
        continue
      }
      #expect(try tensor.load().array(of: Int32.self) == (type == "ShortStorage" ? [1, -1] : [1, 0, 255, 255]))
    }
  }

  @Test func everyNumberTypeIsRead() throws {
    let cases: [(String, [UInt8], ElementType, [Double])] = [
      ("Half", [0x00, 0x3c, 0x00, 0xc0], .float32, [1, -2]),
      ("BFloat16", [0x80, 0x3f, 0x00, 0xc0], .float32, [1, -2]),
      ("Char", [1, 0xfe], .int32, [1, -2]), ("Byte", [1, 0xfe], .uint8, [1, 254]), ("Bool", [0, 7], .uint8, [0, 1]),
      ("Short", [1, 0, 0xfe, 0xff], .int32, [1, -2]), ("Int", [1, 0, 0, 0, 0xfe, 0xff, 0xff, 0xff], .int32, [1, -2]),
      ("Long", [1, 0, 0, 0, 0, 0, 0, 0, 0xfe] + [UInt8](repeating: 0xff, count: 7), .int64, [1, -2]),
      ("Float", [0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0], .float32, [1, -2]),
      ("Double", [0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 0, 0, 0, 0, 0, 0, 0, 0xc0], .float64, [1, -2]),
    ]
    for (name, bytes, type, values) in cases {
      // Also with one number between neighbours, backwards to what memory is like, and as a row repeated.
      let views: [([Int], [Int], [Double])] = [
        ([2], [1], values), ([2, 1], [1, .max], values), ([3, 2], [0, 1], values + values + values),
        ([2, 2], [1, 0], [values[0], values[0], values[1], values[1]]), ([1, 1], [7, 9], [values[0]]),
        ([], [], [values[0]]),
        ([0, 5], [5, 1], []),
      ]
      for (shape, strides, expected) in views {
        let pickle = PickleBuilder().op("}").text("w")
          .tensor("0", count: 2, shape: shape, strides: strides, name + "Storage").op("s")
        let zip = ZipBuilder(pickle: pickle.end, storages: ["0": bytes]).bytes()
        let legacy = PickleBuilder.legacy(pickle.end, storages: [("0", 2, bytes)])
        for file in [zip, legacy] {
          let tensor = try PyTorchFile(file, name: "x").weights()[0].load()
          #expect(tensor.type == type && tensor.shape == shape && tensor.array(of: Double.self) == expected, "\(name)")
        }
      }
    }
  }

  @Test func weightsAreFoundAsPublished() throws {
    func weights(_ keys: [String], within entry: String?, other: String = "config_dict") throws -> [String] {
      var pickle = PickleBuilder().op("}")
      if let entry { pickle = pickle.text(other).integer(1).op("s").text(entry).op("}") }
      for key in keys { pickle = pickle.text(key).tensor("0", count: 1, shape: [1], strides: [1]).op("s") }
      if entry != nil { pickle = pickle.op("s") }
      return try PyTorchFile(ZipBuilder(pickle: pickle.end, storages: ["0": [0, 0, 0, 0]]).bytes(), name: "x").weights()
        .map(\.name)
    }
    for entry in ["state_dict", "model", nil] {
      #expect(try weights(["a.w", "b"], within: entry) == ["a.w", "b"])
      #expect(try weights(["module.a.w", "module.module.b"], within: entry) == ["a.w", "module.b"])
      #expect(try weights(["a", "module.b"], within: entry) == ["a", "module.b"])
      #expect(throws: PyTorchError.prefix(file: "x", key: "other.b", prefix: "module.")) {
        try weights(["module.a", "other.b"], within: entry)
      }
      #expect { try weights([], within: entry) } throws: { "\($0)".contains("no weights") }
    }
    #expect { try weights(["a"], within: "net") } throws: { "\($0)".contains("a dictionary of config_dict, net") }
    #expect {
      try PyTorchFile(ZipBuilder(pickle: PickleBuilder().integers([1]).end).bytes(), name: "x").weights()
    } throws: {
      "\($0)".contains("a tuple of 1")
    }
  }
}
