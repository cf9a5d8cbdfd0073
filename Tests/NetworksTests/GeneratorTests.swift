import Tensors
import TestSupport
import Testing

@Suite struct GeneratorTests {
  @Test func makesTheReferencesNumbers() throws {
    let golden = try Golden("generator.h5")
    for key in try golden.keys() {
      let meta = try golden.json("\(key)/meta_json")
      let shape = try #require(meta["shape"] as? [Int])
      let values = Generator.entry(key, shape, gain: 1).array(of: Float.self).prefix(64)
      #expect(Array(values) == (try golden.tensor("\(key)/values_first64").array(of: Float.self)), "\(key)")
      let bits = Generator.bits(key, count: 64).map(Int32.init)
      #expect(bits == (try golden.tensor("\(key)/u24_first64").array(of: Int32.self)))
    }
    let conv = Generator.entry("backbone.conv1.weight", [64, 3, 3, 3], gain: 0.7).array(of: Float.self)
    #expect(conv[0].bitPattern == 0x3cd1_7dfa && conv[1727].bitPattern == 0x3ba5_ba4d)
    let input = Generator.uniform("input/hrnet_w48_cityscapes/eval", [1, 3, 128, 128], -2, 2).array(of: Float.self)
    #expect(input[0].bitPattern == 0xbf95_341e && input[49151].bitPattern == 0xbfd0_d1c4)
  }
}
