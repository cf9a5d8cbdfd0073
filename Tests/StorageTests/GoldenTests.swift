import Storage
import Tensors
import TestSupport
import Testing

@Suite struct GoldenTests {
  @Test func referenceFilesAreRead() throws {
    let golden = try Golden("tree.h5")
    let names = try golden.keys()
    #expect(!names.isEmpty)
    var arrays = 0
    for path in try golden.file.datasets() {
      let tensor = try golden.tensor(path)
      guard case .array(let array) = try golden.file.info(path) else {
        Issue.record("\(path) is no array")
        continue
      }
      #expect(tensor.shape == array.shape && !array.isConverted)
      arrays += 1
    }
    #expect(arrays > 50)
    #expect(try !Golden("generator.h5").json("backbone.conv1.weight/meta_json").isEmpty)
  }

  @Test func floatsAreReadBitForBit() throws {
    let golden = try Golden("generator.h5")
    for key in try golden.keys() {
      guard case .array(let bits) = try golden.file.info("\(key)/values_first64_bits_u32") else {
        Issue.record("\(key) has no bits")
        continue
      }
      #expect(bits.storedType == "uint32" && bits.type == .int64 && bits.isConverted)
      let values = try golden.tensor("\(key)/values_first64").array(of: Float.self)
      let expected = try golden.tensor("\(key)/values_first64_bits_u32").array(of: Int64.self)
      #expect(values.map { Int64($0.bitPattern) } == expected)
    }
  }
}
