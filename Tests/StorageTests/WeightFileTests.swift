import Storage
import Tensors
import TestSupport
import Testing

@Suite struct WeightFileTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func allFormatsGiveTheSameTensors() throws {
    let source = try WeightFile(path: Golden.folder + "/pth/pretrained_bare_zip.pth")
    #expect(source.format == .pyTorch && source.tensors.count == 6)
    let weights = try source.load()
    // Names don't tell the format.
    let (checkpoint, safe) = (folder.file("a"), folder.file("b.pth"))
    try Checkpoint(state: weights).save(to: checkpoint)
    try SafeTensorsFile.write(source.tensors, to: safe)
    for (path, format) in [(checkpoint, WeightFile.Format.checkpoint), (safe, .safeTensors)] {
      let file = try WeightFile(path: path)
      #expect(file.format == format)
      let back = try file.load()
      #expect(back.keys.sorted() == weights.keys.sorted())
      for tensor in file.tensors {
        #expect(tensor.shape == weights[tensor.name]?.shape && tensor.type == weights[tensor.name]?.type)
        #expect(!tensor.isConverted)
        #expect(back[tensor.name]?.array(of: Double.self) == weights[tensor.name]?.array(of: Double.self))
      }
    }
  }

  @Test func whatIsReadWiderSaysSo() throws {
    let file = try WeightFile(path: Golden.folder + "/pth/ckpt_zip.pth")
    let converted = file.tensors.filter(\.isConverted)
    #expect(converted.map(\.storedType) == ["float16", "bfloat16"])
    #expect(converted.allSatisfy { $0.type == .float32 })
  }

  @Test func otherFilesAreRefused() throws {
    let path = folder.file("a.pth")
    for content in [[], Array("weights".utf8), Array("a text that is long enough".utf8)] {
      try AtomicFile.write(content, to: path)
      #expect(throws: WeightFileError.unknown(file: path)) { try WeightFile(path: path) }
      #expect(throws: PyTorchError.notPyTorch(file: path)) { try PyTorchFile(path: path) }
    }
    try AtomicFile.write(PickleBuilder().integers([1, 2]).end, to: path)
    #expect(throws: PyTorchError.notPyTorch(file: path)) { try WeightFile(path: path) }
    #expect(throws: FileError.missing(path: folder.file("none"))) { try WeightFile(path: folder.file("none")) }
    let run = folder.file("run.h5")
    try RunFile().save(to: run)
    #expect(throws: FormatError.self) { try WeightFile(path: run) }
  }
}
