import Foundation
import Storage
import TestSupport
import Testing

@Suite struct ImageTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func file(_ bytes: [UInt8], _ name: String = "a.png") throws -> String {
    let path = folder.file(name)
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    return path
  }

  /// Samples that differ from their neighbours, below `limit`.
  private func samples(_ count: Int, below limit: Int) -> [Int] { (0..<count).map { ($0 * 37 + $0 / 5) % limit } }

  @Test(arguments: [1, 2, 4, 8], [false, true])
  func greyIsScaledAndLabelsAreNot(bitDepth: Int, interlaced: Bool) throws {
    let (width, height) = (13, 9)
    let values = samples(width * height, below: 1 << bitDepth)
    let path = try file(
      PNGBuilder(width: width, height: height, bitDepth: bitDepth, interlaced: interlaced, samples: values).bytes())
    let labels = try ImageFile.readLabels(path)
    #expect(labels.pixels == values.map { UInt8($0) })
    #expect((labels.width, labels.height, labels.channels) == (width, height, 1))
    let image = try ImageFile.read(path)
    #expect(image.channels == 1)
    #expect(image.pixels == values.map { UInt8($0 * 255 / ((1 << bitDepth) - 1)) })
    #expect(try ImageFile.size(path) == (width, height))
  }

  @Test(arguments: [1, 2, 4, 8], [false, true])
  func paletteGivesColoursOrIndices(bitDepth: Int, interlaced: Bool) throws {
    let (width, height) = (10, 11)
    let size = min(1 << bitDepth, 200)
    let values = samples(width * height, below: size)
    let palette = (0..<size * 3).map { UInt8(($0 * 71 + 3) % 256) }
    let path = try file(
      PNGBuilder(
        width: width, height: height, bitDepth: bitDepth, colorType: 3, interlaced: interlaced, palette: palette,
        samples: values
      ).bytes())
    #expect(try ImageFile.readLabels(path).pixels == values.map { UInt8($0) })
    let image = try ImageFile.read(path)
    #expect(image.channels == 3)
    #expect(image.pixels == values.flatMap { palette[$0 * 3..<$0 * 3 + 3] })
  }

  @Test(arguments: [false, true])
  func alphaIsDropped(interlaced: Bool) throws {
    let (width, height) = (9, 5)
    for (type, kept) in [(2, 3), (4, 1), (6, 3)] {
      let channels = [2: 3, 4: 2, 6: 4][type]!
      let values = samples(width * height * channels, below: 256)
      let path = try file(
        PNGBuilder(width: width, height: height, colorType: type, interlaced: interlaced, samples: values).bytes())
      let image = try ImageFile.read(path)
      #expect(image.channels == kept)
      let expected = stride(from: 0, to: values.count, by: channels).flatMap { values[$0..<$0 + kept] }
      #expect(image.pixels == expected.map { UInt8($0) })
      if type == 4 {
        #expect(try ImageFile.readLabels(path).pixels == image.pixels)
      } else {
        #expect { try ImageFile.readLabels(path) } throws: { "\($0)".contains("colour image as class ids") }
      }
    }
  }

  @Test func sixteenBitsAreRefused() throws {
    let path = try file(PNGBuilder(width: 3, height: 3, bitDepth: 16, samples: samples(9, below: 65536)).bytes())
    for read in [ImageFile.read, ImageFile.readLabels] {
      #expect {
        try read(path)
      } throws: {
        "\($0)".contains("16 bits per channel") && "\($0)".contains(path) && "\($0)".contains("convert")
      }
    }
  }

  @Test func everyTruncationIsAnErrorThatNamesTheFile() throws {
    let whole = PNGBuilder(width: 7, height: 6, colorType: 2, samples: samples(7 * 6 * 3, below: 256)).bytes()
    for count in 0..<whole.count {
      let path = try file(Array(whole[..<count]))
      #expect("\(count) bytes") { try ImageFile.read(path) } throws: { $0 is ImageError && "\($0)".contains(path) }
    }
    for count in stride(from: 0, to: JPEGFixture.rgb.count - 2, by: 7) {
      let path = try file(Array(JPEGFixture.rgb[..<count]), "a.jpg")
      #expect("\(count) bytes") { try ImageFile.read(path) } throws: { $0 is ImageError && "\($0)".contains(path) }
    }
  }

  @Test func everyFlippedByteIsReadOrRefused() throws {
    let whole = PNGBuilder(width: 7, height: 6, colorType: 2, samples: samples(7 * 6 * 3, below: 256)).bytes()
    for (whole, name) in [(whole, "a.png"), (JPEGFixture.rgb, "a.jpg")] {
      for index in whole.indices {
        var bytes = whole
        bytes[index] ^= 0xff
        let path = try file(bytes, name)
        do { _ = try ImageFile.read(path) } catch { #expect(error is ImageError) }
      }
    }
  }

  @Test func absurdDimensionsAreRefusedFromTheHeader() throws {
    var huge = PNGBuilder(width: 1, height: 1, samples: [7]).bytes()
    for (index, byte) in [0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff].enumerated() {
      huge[16 + index] = UInt8(byte)
    }
    let path = try file(huge)
    for read in [{ _ = try ImageFile.read($0) }, { _ = try ImageFile.size($0) }] as [(String) throws -> Void] {
      #expect { try read(path) } throws: { "\($0)".contains("absurd dimensions") && "\($0)".contains(path) }
    }
    // Below the limit, but far more than 70 bytes can hold.
    for (index, byte) in [0, 0, 0x3f, 0xff, 0, 0, 0x3f, 0xff].enumerated() { huge[16 + index] = UInt8(byte) }
    let plausible = try file(huge)
    #expect { try ImageFile.read(plausible) } throws: { "\($0)".contains("absurd dimensions") }
    for (index, byte) in [0, 0, 0, 0, 0, 0, 0, 1].enumerated() { huge[16 + index] = UInt8(byte) }
    let empty = try file(huge)
    #expect { try ImageFile.read(empty) } throws: { "\($0)".contains("absurd dimensions") }
  }

  @Test func partsThatNobodyLooksAtTakeNoMemory() throws {
    let whole = PNGBuilder(width: 3, height: 3, samples: samples(9, below: 256)).bytes()
    // Behind the header: text that claims 2 GB.
    let text = whole[..<33] + [0x7f, 0xff, 0xff, 0xff] + Array("tEXtabc".utf8)
    let path = try file(Array(text))
    Memory.resetPeak()
    let before = Memory.peak
    #expect { try ImageFile.read(path) } throws: { $0 is ImageError && "\($0)".contains(path) }
    #expect(Memory.peak - before < 100 << 20)
  }

  @Test func aJPEGOfThousandsOfScansIsRefused() throws {
    let whole = try FileBytes(path: Files.path("hostile/progressive.jpg")).array
    let image = try ImageFile.read(Files.path("hostile/progressive.jpg"))
    #expect(image.width == 64 && image.height == 48)
    let start = try #require(
      whole.indices.dropLast().last { whole[$0] == 0xff && whole[$0 + 1] == 0xda })
    let scan = whole[start..<whole.count - 2]
    let path = try file(Array(whole.dropLast(2)) + (0..<3000).flatMap { _ in scan } + [0xff, 0xd9], "a.jpg")
    #expect { try ImageFile.read(path) } throws: { "\($0)".contains("500 scans") && "\($0)".contains(path) }
  }

  @Test func otherFilesAreRefused() throws {
    #expect { try ImageFile.read(folder.file("none.png")) } throws: { "\($0)".contains("no such file") }
    #expect { try ImageFile.read(folder.path) } throws: { "\($0)".contains("folder") }
    let text = try file(Array("hello, this is text".utf8))
    #expect { try ImageFile.read(text) } throws: { "\($0)".contains("no image") && "\($0)".contains(text) }
    let empty = try file([])
    #expect { try ImageFile.size(empty) } throws: { "\($0)".contains("empty") }
  }

  @Test func jpegIsReadWhateverItsName() throws {
    let path = try file(JPEGFixture.rgb, "misnamed.png")
    let image = try ImageFile.read(path)
    #expect((image.width, image.height, image.channels) == (16, 8, 3))
    #expect(try ImageFile.size(path) == (16, 8))
    for (x, colour) in [(0, [200, 30, 40]), (15, [20, 60, 220])] {
      for channel in 0..<3 { #expect(abs(Int(image[x, 4, channel]) - colour[channel]) <= 3) }
    }
    #expect { try ImageFile.readLabels(path) } throws: { "\($0)".contains("JPEG file as class ids") }
  }

  @Test func greyAndFourInkJPEG() throws {
    let grey = try ImageFile.read(try file(JPEGFixture.grey, "g.jpg"))
    #expect(grey.channels == 1)
    #expect(abs(Int(grey[0, 0]) - 50) <= 2 && abs(Int(grey[15, 7]) - 180) <= 2)
    #expect(grey.rgb[15, 7, 2] == grey[15, 7])
    let inks = try file(JPEGFixture.cmyk, "c.jpg")
    #expect { try ImageFile.read(inks) } throws: { "\($0)".contains("CMYK") }
  }

  @Test(arguments: [1, 3])
  func writtenPicturesAreReadBack(channels: Int) throws {
    let pixels = samples(31 * 17 * channels, below: 256).map { UInt8($0) }
    let image = Image8(width: 31, height: 17, channels: channels, pixels: pixels)
    let path = folder.file("out.png")
    try ImageFile.writePNG(image, to: path)
    #expect(try ImageFile.read(path) == image)
    #expect(try ImageFile.png(image) == FileBytes(path: path).array)
    #expect(try folder.contents() == ["out.png"])
  }

  @Test func writtenLabelsKeepIdsAndShowColours() throws {
    let labels = Image8(width: 3, height: 2, channels: 1, pixels: [0, 1, 2, 1, 255, 0])
    let path = folder.file("labels.png")
    try ImageFile.writePNG(labels: labels, palette: [RGB(1, 2, 3), RGB(4, 5, 6), RGB(7, 8, 9)], to: path)
    #expect(try ImageFile.readLabels(path) == labels)
    let colours = try ImageFile.read(path)
    #expect(colours.pixels == [1, 2, 3, 4, 5, 6, 7, 8, 9, 4, 5, 6, 0, 0, 0, 1, 2, 3])
  }

  @Test func writingIntoNoFolderNamesIt() throws {
    let image = Image8(width: 1, height: 1, channels: 1)
    #expect { try ImageFile.writePNG(image, to: folder.file("no/where.png")) } throws: {
      "\($0)".contains("there is no folder") && "\($0)".contains("/no")
    }
  }
}
