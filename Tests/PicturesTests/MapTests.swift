import Datasets
import Foundation
import Pictures
import Storage
import Tensors
import Testing

@Suite struct MapTests {
  @Test func treesAreDrawnEdgeByEdge() throws {
    // A chain along the first row and down the last column of 3 × 2 pixels, with one branch.
    let edges = Tensor([Int32(0), 1, 1, 2, 2, 5, 1, 4, 4, 3], shape: [5, 2])
    let drawing = TreeDrawing.drawing(
      edges: edges, width: 3, height: 2, over: Image8(width: 6, height: 4, channels: 3, filling: 90))
    let cell = TreeDrawing.cell(3, 2)
    #expect((drawing.width, drawing.height) == (3 * cell, 2 * cell))
    var lines: [(Point, Point)] = []
    for case .segments(let list, _) in drawing.elements { lines += list }
    #expect(lines.count == 5)
    #expect(lines.allSatisfy { abs(abs($0.0.x - $0.1.x) + abs($0.0.y - $0.1.y) - cell) < 1e-9 })
    #expect(lines[0].0 == Point(cell / 2, cell / 2))
    let image = drawing.rendered(scale: 1)
    let ink = CurveChart.colours[0]
    #expect(image[Int(cell), Int(cell / 2), 2] == ink.blue)
    // No edge from pixel 0 to pixel 3 below it: the pale image shows.
    #expect(image[Int(cell / 2), Int(cell), 0] == 255 - (255 - 90) / 5 * 2)
  }

  @Test func heatGetsBrighterWithTheValue() {
    func brightness(_ colour: RGB) -> Double {
      0.299 * Double(colour.red) + 0.587 * Double(colour.green) + 0.114 * Double(colour.blue)
    }
    let values = (0...100).map { brightness(HeatMap.colour(Double($0) / 100)) }
    #expect(zip(values, values.dropFirst()).allSatisfy { $0 < $1 })
    #expect(HeatMap.colour(-3) == HeatMap.colour(0) && HeatMap.colour(7) == HeatMap.colour(1))
    #expect(HeatMap.colour(.nan) == RGB(128, 128, 128))
  }

  @Test func theImageShowsWhereThereIsNoHeat() {
    let image = Image8(width: 4, height: 2, channels: 1, pixels: [0, 100, 200, 255, 0, 100, 200, 255])
    let shown = HeatMap.overlay([0, 1], width: 2, height: 1, over: image)
    #expect((shown.width, shown.height) == (4, 2))
    #expect(shown[0, 0, 0] < shown[1, 0, 0])
    for x in 2...3 {
      #expect([shown[x, 1, 0], shown[x, 1, 1], shown[x, 1, 2]] == [252, 255, 164])
    }
  }

  @Test func legendsNameTheClassesThatOccur() {
    let legend = ClassLegend.drawing(.cityscapes, shown: [0, 13], width: 300)
    let texts = legend.elements.compactMap { if case .text(let text, _, _, _, _, _, _) = $0 { text } else { nil } }
    #expect(texts == ["road", "car"])
    let all = ClassLegend.drawing(.cityscapes, width: 300)
    for case .text(let text, let at, let size, _, _, _, _) in all.elements {
      #expect(at.x + Drawing.width(of: text, size: size) <= 300)
    }
  }

  @Test func shrinkingAverages() {
    let image = Image8(width: 4, height: 2, channels: 1, pixels: [0, 100, 10, 20, 100, 200, 30, 40])
    #expect(image.shrunk(toWidth: 2).pixels == [100, 25])
    #expect(image.shrunk(toWidth: 9) == image)
  }
}
