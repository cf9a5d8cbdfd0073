import Storage
import Tensors
import TestSupport
import Testing

/// Files made to do harm: typed errors, no code, little memory.
@Suite struct HostilePickleTests {
  private func open(_ pickle: [UInt8], _ storages: [String: [UInt8]] = [:]) throws -> PyTorchFile {
    try PyTorchFile(ZipBuilder(pickle: pickle, storages: storages).bytes(), name: "x")
  }

  @Test(arguments: [
    ("os", "system"), ("posix", "system"), ("builtins", "eval"), ("__builtin__", "getattr"),
    ("builtins", "set.__init__"),
    ("torch", "load"), ("torch.hub", "load"), ("torch._utils", "_rebuild_tensor_v2.__globals__"),
    ("collections", "defaultdict"),
    ("torch", "ComplexFloatStorage"), ("numpy.core.multiarray", "_reconstruct"), ("torch.nn.modules.conv", "Conv2d"),
    ("", ""),
  ])
  func otherNamesAreRefused(module: String, name: String) {
    let plain = PickleBuilder().op("}").text("a").global(module, name)
    let stacked = PickleBuilder().op("}").text(module).text(name).raw([0x93])
    for pickle in [plain, stacked] {
      #expect { try open(pickle.end) } throws: {
        guard case PyTorchError.forbidden("x", module + "." + name, _) = $0 else { return false }
        return true
      }
    }
  }

  @Test(arguments: [
    "i", "o", "P", "\u{1}", "I1\n", "F1\n", "S''\n", "Va\n", "g0\n", "p0\n", "d", "l", "Z",
  ])
  func otherInstructionsAreRefused(code: String) {
    #expect { try open(PickleBuilder().op("(" + code).end) } throws: { "\($0)".contains("is no instruction") }
  }

  @Test func objectsOfClassesAreRefused() {
    for code: UInt8 in [0x81, 0x92, 0x82, 0x83, 0x84, 0x96, 0x97, 0x98] {
      let pickle = PickleBuilder().global("collections", "OrderedDict").op(")").raw([code]).end
      #expect { try open(pickle) } throws: { "\($0)".contains("is no instruction") }
    }
    let module = PickleBuilder().mark.text("module").op("NNNtQ").end
    #expect { try open(module) } throws: { "\($0)".contains("a module is saved whole") }
  }

  @Test func brokenStacksAreRefused() {
    let broken: [PickleBuilder] = [
      PickleBuilder(), PickleBuilder().op("0"), PickleBuilder().op("("), PickleBuilder().op("NN"),
      PickleBuilder().op("(N"),
      PickleBuilder().op("t"), PickleBuilder().op("e"), PickleBuilder().op("]e"), PickleBuilder().op("](NNs"),
      PickleBuilder().op("N(NNs"), PickleBuilder().op(")(Ne"), PickleBuilder().op("}(Nu"), PickleBuilder().op("}(NNNu"),
      PickleBuilder().op("Na"), PickleBuilder().op("}Na"), PickleBuilder().op("a"), PickleBuilder().op("NNR"),
      PickleBuilder().op("N)R"), PickleBuilder().op("NNb"), PickleBuilder().op("]}b"), PickleBuilder().op("}]b"),
      PickleBuilder().op("b"), PickleBuilder().op("Q"), PickleBuilder().op("NQ"), PickleBuilder().op(")Q"),
      PickleBuilder().get(0), PickleBuilder().put(0), PickleBuilder().op("(q").raw([0]), PickleBuilder().op("2"),
      PickleBuilder().op("(2"), PickleBuilder().raw([0x85]), PickleBuilder().op("N").raw([0x86]),
      PickleBuilder().raw([0x91]),
      PickleBuilder().raw([0x90]), PickleBuilder().raw([0x93]), PickleBuilder().op("NN").raw([0x93]),
      PickleBuilder().raw([0x94]),
      PickleBuilder().raw([0x80, 1]), PickleBuilder().raw([0x80, 6]),
      PickleBuilder().global("collections", "OrderedDict"),
      PickleBuilder().global("collections", "OrderedDict").op("NR"),
      PickleBuilder().global("torch", "FloatStorage").op(")R"), PickleBuilder().global("torch", "float32").op(")R"),
      PickleBuilder().global("torch", "Size").op(")R"), PickleBuilder().global("torch", "device").op(")R"),
      PickleBuilder().global("torch._utils", "_rebuild_tensor_v2").op(")R"),
      PickleBuilder().global("torch._utils", "_rebuild_parameter").op(")R"),
    ]
    for (index, pickle) in broken.enumerated() {
      #expect("case \(index)") { try open(pickle.end) } throws: {
        guard case PyTorchError.pickle("x", _, _) = $0 else { return false }
        return true
      }
    }
  }

  @Test func absurdLengthsAreRefusedBeforeMemoryIsTaken() {
    let long = [UInt8](repeating: 0xff, count: 8)
    for header: [UInt8] in [
      [0x58] + long[..<4], [0x54] + long[..<4], [0x42] + long[..<4], [0x8d] + long, [0x8d] + long[..<7] + [0x7f],
      [0x8e] + long,
      [0x8b] + long[..<4], [0x8b, 0xff, 0xff, 0xff, 0x7f], [0x95] + long, [0x63], [0x8c, 200], [0x55, 200],
      [0x43, 200],
    ] {
      #expect(throws: PyTorchError.self) { try open(PickleBuilder().raw(header).end) }
    }
  }

  @Test func tensorsOutsideTheirStorageAreRefused() throws {
    let big = Int.max
    let wrong: [(shape: [Int], strides: [Int], offset: Int)] = [
      ([5], [1], 0), ([4], [1], 1), ([2], [4], 0), ([-1], [1], 0), ([2], [-1], 1), ([1], [1], 4), ([1], [1], -1),
      ([1], [1], big),
      ([big], [1], 0), ([2], [big], 0), ([2], [big], big), ([2, 2], [1], 0), ([2], [1, 1], 0),
      ([big, big], [0, 0], 0),
      ([big / 4, 8], [0, 0], 0), ([0, big, big], [0, 0, 0], 0), ([big, 0, big], [1, 1, 1], 0),
      ([3, 3], [big / 2, big / 2], 0),
      ([Int](repeating: 1, count: 65), [Int](repeating: 1, count: 65), 0),
    ]
    for view in wrong {
      let pickle = PickleBuilder().tensor("0", count: 4, shape: view.shape, strides: view.strides, offset: view.offset)
      #expect("\(view)") { try open(pickle.end, ["0": [UInt8](repeating: 0, count: 16)]) } throws: {
        guard case PyTorchError.pickle("x", _, let reason) = $0 else { return false }
        return reason.contains("outside its storage of 4 numbers")
      }
    }
  }

  @Test func storagesMustBeAsAnnounced() throws {
    let four = [UInt8](repeating: 0, count: 16)
    func load(_ count: Int, _ type: String = "FloatStorage", _ content: [UInt8]? = nil, key: String = "0") throws {
      _ = try open(PickleBuilder().storage(key, count: count, type).end, ["0": content ?? four])
    }
    try load(4)
    for (count, type) in [(3, "FloatStorage"), (5, "FloatStorage"), (4, "DoubleStorage"), (0, "FloatStorage")] {
      #expect { try load(count, type) } throws: {
        guard case PyTorchError.storage("x", "0", _) = $0 else { return false }
        return true
      }
    }
    for count in [-1, Int.min, Int.max] { #expect(throws: PyTorchError.self) { try load(count) } }
    #expect(throws: ZipError.noEntry(file: "x", entry: "archive/data/../0")) { try load(4, key: "../0") }
    let twice = PickleBuilder().mark.storage("0", count: 4).storage("0", count: 2, "DoubleStorage").op("t")
    #expect { try open(twice.end, ["0": four]) } throws: { "\($0)".contains("described in two ways") }
    let untyped = PickleBuilder().global("torch._utils", "_rebuild_tensor").mark
      .storage("0", count: 16, "UntypedStorage", module: "torch.storage").integer(0).integers([1]).integers([1]).op(
        "tR")
    #expect { try open(untyped.end, ["0": four]) } throws: { "\($0)".contains("no number type") }

    let tensor = PickleBuilder().tensor("0", count: 4, shape: [4], strides: [1]).end
    let wrong: [[(key: String, count: Int, content: [UInt8])]] = [
      [], [("1", 4, four)], [("0", 3, four)], [("0", 4, Array(four.dropLast()))], [("0", .max, four)],
      [("0", -1, four)],
      [("0", 4, four), ("0", 4, four)], [("0", 4, four), ("1", 4, four)],
    ]
    for storages in wrong {
      #expect(throws: PyTorchError.self) {
        try PyTorchFile(PickleBuilder.legacy(tensor, storages: storages), name: "x")
      }
    }
    #expect(throws: PyTorchError.bigEndian(file: "x")) {
      try PyTorchFile(PickleBuilder.legacy(tensor, storages: [("0", 4, four)], littleEndian: false), name: "x")
    }
    #expect { try PyTorchFile(PickleBuilder.legacy(tensor, version: 1002), name: "x") } throws: {
      "\($0)".contains("1001")
    }
    #expect(throws: PyTorchError.bigEndian(file: "x")) {
      try PyTorchFile(ZipBuilder(pickle: tensor, storages: ["0": four], byteOrder: "big").bytes(), name: "x")
    }
    #expect(throws: PyTorchError.self) {
      try PyTorchFile(ZipBuilder(pickle: tensor, storages: ["0": four], byteOrder: "middle").bytes(), name: "x")
    }
  }

  /// Expects a refusal for size, and that little memory was taken on the way.
  private func expectRefused(
    _ what: String, _ pickle: [UInt8], _ storages: [String: [UInt8]] = [:], weights: Bool = false,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let file = ZipBuilder(pickle: pickle, storages: storages).bytes()
    let before = Memory.resident
    #expect(sourceLocation: sourceLocation) {
      let opened = try PyTorchFile(file, name: "x")
      if weights { for weight in try opened.weights() { _ = try weight.load() } }
    } throws: {
      guard case PyTorchError.tooLarge("x", let found, _) = $0 else { return false }
      return found.contains(what)
    }
    #expect(Memory.resident - before < 64 << 20 + 12 * file.count, sourceLocation: sourceLocation)
  }

  @Test func bombsAreRefused() {
    let four = ["0": [UInt8](repeating: 0, count: 4)]
    // A number repeated a million million times.
    expectRefused(
      "shape", PickleBuilder().tensor("0", count: 1, shape: [1 << 20, 1 << 20], strides: [0, 0]).end, four)
    // Pairs of pairs of pairs, each the same one.
    let pairs = (0..<60).reduce(PickleBuilder().op(")")) { pickle, _ in pickle.op("2").raw([0x86]) }
    expectRefused("the same", pairs.end)
    let lists = (0..<30).reduce(PickleBuilder().op("]").put(0).op("0")) { pickle, level in
      (0..<10).reduce(pickle.op("](")) { pickle, _ in pickle.get(level) }.op("e").put(level + 1).op("0")
    }
    expectRefused("the same", lists.get(30).end)
    // A long text, many times.
    let text = (0..<5000).reduce(PickleBuilder().op("](").text(String(repeating: "long", count: 50_000)).put(0)) {
      pickle, _ in
      pickle.get(0)
    }
    expectRefused("the same", text.op("e").end)
    // Containers within each other, and within themselves.
    expectRefused("nested", PickleBuilder().op("]", times: 200).op("a", times: 199).end)
    expectRefused("nested", PickleBuilder().op(")").raw([UInt8](repeating: 0x85, count: 101)).end)
    expectRefused(
      "nested",
      PickleBuilder().op("]").put(0).op("]", times: 60).op("a", times: 60).op("0]").op("]", times: 60).get(0).op(
        "a", times: 61
      ).end)
    expectRefused("contains itself", PickleBuilder().op("]2a").end)
    expectRefused("contains itself", PickleBuilder().op("}").put(0).text("a").mark.get(0).op("ts").end)
    // Millions of objects, and millions of instructions that leave nothing.
    expectRefused("too many objects", PickleBuilder().op("]", times: 4 << 20).op("a", times: 4 << 20 - 1).end)
    expectRefused("too many objects", PickleBuilder().op("(", times: 4 << 20).end)
    expectRefused("too many objects", PickleBuilder().op("N0", times: 4 << 20).op("N").end)
    expectRefused(
      "an integer of", PickleBuilder().raw([0x8b, 0, 0, 1, 0]).raw([UInt8](repeating: 7, count: 65536)).end)
  }

  @Test func tensorsThatShareMemoryAreCountedApart() throws {
    let storage = [UInt8](repeating: 0, count: 4 << 20)
    func pickle(_ names: Int) -> [UInt8] {
      let first = PickleBuilder().op("}").text("0").tensor("0", count: 1 << 20, shape: [1 << 20], strides: [1]).put(0)
        .op("s")
      return (1..<names).reduce(first) { $0.text("\($1)").get(0).op("s") }.end
    }
    expectRefused("share memory", pickle(1000), ["0": storage], weights: true)
    #expect(try open(pickle(4), ["0": storage]).weights().count == 4)
  }

  @Test func deepNestingWithinTheLimitIsFine() throws {
    var value = try open(PickleBuilder().op("]", times: 101).op("a", times: 100).end).root
    var depth = 0
    while case .list(let values) = value, let first = values.first { (value, depth) = (first, depth + 1) }
    #expect(depth == 100)
  }
}
