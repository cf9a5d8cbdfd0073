import Testing
import Training

@Suite struct MetricTableTests {
  @Test func columnsMayStartLateAndSkipRows() {
    var table = MetricTable()
    table.append([("iteration", 1), ("loss", 3)])
    table.append([("iteration", 2), ("tree", 5)])
    table.append([("iteration", 3), ("loss", 4), ("loss", 6)])
    #expect(table.names == ["iteration", "loss", "tree"])
    #expect(table.columns["iteration"] == [1, 2, 3])
    #expect(table.columns["loss"]!.map { $0.isNaN ? -1 : $0 } == [3, -1, 6])
    #expect(table.columns["tree"]!.map { $0.isNaN ? -1 : $0 } == [-1, 5, -1])
  }

  @Test func rowsAfterAnIterationAreDropped() {
    var table = MetricTable(
      names: ["iteration", "loss"], columns: ["iteration": [1, 2, 3, 4], "loss": [9, 8, 7, 6]])
    table.dropRows(where: "iteration", above: 2)
    #expect(table.columns == ["iteration": [1, 2], "loss": [9, 8]])
    #expect(table.rowCount == 2)
    table.append([("iteration", 3), ("loss", 5)])
    #expect(table.columns["loss"] == [9, 8, 5])
  }
}
