import Datasets
import Pictures
import Storage
import Tensors
import Testing

@Suite struct PicturesTests {
  let palette = [RGB(10, 20, 30), RGB(40, 50, 60)]

  @Test func labelsBecomeColours() {
    let labels = Image8(labels: Tensor([Int32(0), 1, -1, -2, 300, 1], shape: [2, 3]))
    #expect(labels.pixels == [0, 1, 255, 255, 255, 1])
    let picture = labels.coloured(palette, other: RGB(1, 2, 3))
    #expect((picture.width, picture.height, picture.channels) == (3, 2, 3))
    #expect(picture.pixels == [10, 20, 30, 40, 50, 60, 1, 2, 3, 1, 2, 3, 1, 2, 3, 40, 50, 60])
  }

  @Test func overlaysKeepWhatIsUnlabelled() {
    let picture = Image8(width: 2, height: 1, channels: 1, pixels: [100, 200])
    let labels = Image8(width: 2, height: 1, channels: 1, pixels: [1, 255])
    #expect(picture.overlaid(with: labels, palette, opacity: 0.5).pixels == [70, 75, 80, 200, 200, 200])
    #expect(picture.overlaid(with: labels, palette, opacity: 0) == picture.rgb)
    #expect(picture.overlaid(with: labels, palette, opacity: 1).pixels == [40, 50, 60, 200, 200, 200])
  }

  @Test func benchmarksAreToldByTheirNumberOfClasses() {
    #expect(Palette.usual(classes: 19) == Palette.named("cityscapes"))
    #expect(Palette.usual(classes: 21) == Palette.voc)
    #expect(Palette.usual(classes: 150) == ClassList.ade20k.palette)
    for count in [1, 7, 255] { #expect(Set(Palette.usual(classes: count)).count == count) }
  }

  @Test func magnifyingRepeatsPixels() {
    let picture = Image8(width: 2, height: 1, channels: 1, pixels: [1, 2])
    #expect(picture.magnified(by: 2).pixels == [1, 1, 2, 2, 1, 1, 2, 2])
    #expect(picture.magnified(by: 1) == picture)
  }

  @Test func sheetsPlacePicturesWithGaps() {
    let (a, b, c) = (
      Image8(width: 3, height: 2, channels: 1, filling: 1), Image8(width: 2, height: 4, channels: 3, filling: 2),
      Image8(width: 4, height: 1, channels: 1, filling: 3)
    )
    let sheet = PictureSheet(rows: [[.init(a), .init(b)], [.init(c)]], gap: 5, background: RGB(9, 9, 9)).drawn()
    #expect((sheet.width, sheet.height) == (5 + 4 + 5 + 2 + 5, 5 + 4 + 5 + 1 + 5))
    var expected = Image8(width: sheet.width, height: sheet.height, channels: 3, filling: 9)
    for (picture, left, top) in [(a.rgb, 5, 5), (b, 14, 5), (c.rgb, 5, 14)] {
      for y in 0..<picture.height {
        for x in 0..<picture.width {
          for channel in 0..<3 { expected[left + x, top + y, channel] = picture[x, y, channel] }
        }
      }
    }
    #expect(sheet == expected)
    #expect(PictureSheet(rows: []).drawn().width == 8)
  }

  @Test func captionsStayAboveTheirPicture() {
    let picture = Image8(width: 60, height: 10, channels: 1, filling: 7)
    for caption in ["a", "fits", "much too long for this picture", "ümläut"] {
      let sheet = PictureSheet(rows: [[.init(picture, caption: caption), .init(picture)]], gap: 8).drawn()
      #expect((sheet.width, sheet.height) == (8 + 60 + 8 + 60 + 8, 8 + 20 + 10 + 8))
      var dots = 0
      for y in 0..<sheet.height {
        for x in 0..<sheet.width where sheet[x, y, 0] == 0 {
          dots += 1
          #expect((8..<68).contains(x) && (8..<24).contains(y), "\(caption) at \(x), \(y)")
        }
      }
      #expect(dots > 0, "\(caption)")
    }
  }

  @Test func lettersDiffer() {
    let picture = Image8(width: 40, height: 1, channels: 1, filling: 7)
    let sheets = (33..<127).map { code in
      PictureSheet(rows: [[.init(picture, caption: String(UnicodeScalar(UInt8(code))))]]).drawn().pixels
    }
    #expect(Set(sheets).count == sheets.count)
  }

  @Test func palettesHaveTheirClasses() {
    #expect(Palette.named("cityscapes")?.count == 19)
    #expect(Palette.named("ade20k")?.count == 150)
    #expect(Palette.named("voc") == Palette.voc && Palette.voc.count == 21)
    #expect(Palette.named("none") == nil)
    #expect(
      Palette.voc[1] == RGB(128, 0, 0) && Palette.voc[15] == RGB(192, 128, 128) && Palette.voc[20] == RGB(0, 64, 128))
    #expect(ClassList.ade20k.palette[0] == RGB(120, 120, 120) && ClassList.ade20k.palette[149] == RGB(92, 0, 255))
    #expect(Set(Palette.voc).count == 21)
  }
}
