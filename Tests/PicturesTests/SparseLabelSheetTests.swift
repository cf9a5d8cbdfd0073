import Datasets
import Pictures
import Storage
import Testing

@Suite struct SparseLabelSheetTests {
  private let convention = LabelConvention(.cityscapes)
  /// The colour of persons.
  private let red: [UInt8] = [220, 20, 60]

  private func colours(_ picture: Image8) -> Set<[UInt8]> {
    Set((0..<picture.width * picture.height).map { Array(picture.pixels[3 * $0..<3 * $0 + 3]) })
  }

  @Test func labelsLieOverImageAndDenseLabels() {
    let dense = Image8(width: 12, height: 6, channels: 1, filling: 7)
    var sparse = Image8(width: 12, height: 6, channels: 1)
    sparse[3, 2] = 24
    var sheet = SparseLabelSheet(convention)
    #expect(sheet.isEmpty)
    sheet.add(name: "", image: Image8(width: 12, height: 6, channels: 3, filling: 55), dense: dense, sparse: sparse)
    sheet.add(name: "", image: nil, dense: dense, sparse: sparse)
    let drawn = sheet.drawn()
    #expect((drawn.width, drawn.height) == (2 * 12 + 3 * 8, 2 * 6 + 3 * 8 + 20 * 2))
    let seen = colours(drawn)
    // The label, the dense class in its colour and half way to white, and the image half way to white.
    #expect(seen.isSuperset(of: [red, [128, 64, 128], [192, 160, 192], [155, 155, 155]]), "\(seen)")
  }

  @Test func aSinglePixelStaysVisibleInLargeImages() {
    let dense = Image8(width: 100, height: 40, channels: 1, filling: 7)
    var sparse = Image8(width: 100, height: 40, channels: 1)
    sparse[47, 13] = 24
    var sheet = SparseLabelSheet(convention, width: 25)
    sheet.add(name: "", image: nil, dense: dense, sparse: sparse)
    #expect(sheet.drawn().width == 2 * 25 + 3 * 8 && colours(sheet.drawn()).contains(red))
  }
}
