/// Numbers by row and name: what a run measured. Columns may start late; missing values are NaN.
public struct MetricTable: Sendable {
  /// Names in the order they first came.
  public private(set) var names: [String] = []
  public private(set) var columns: [String: [Double]] = [:]
  public private(set) var rowCount = 0

  public init() {}

  /// A table of stored columns.
  /// - Precondition: all columns have one length.
  public init(names: [String], columns: [String: [Double]]) {
    (self.names, self.columns) = (names, columns)
    rowCount = columns.values.first?.count ?? 0
    precondition(columns.values.allSatisfy { $0.count == rowCount })
  }

  /// Adds a row; a name given twice keeps its last value.
  public mutating func append(_ row: [(name: String, value: Double)]) {
    for (name, value) in row {
      if columns[name] == nil {
        names.append(name)
        columns[name] = [Double](repeating: .nan, count: rowCount)
      }
      if columns[name]!.count > rowCount { columns[name]![rowCount] = value } else { columns[name]!.append(value) }
    }
    rowCount += 1
    for name in names where columns[name]!.count < rowCount { columns[name]!.append(.nan) }
  }

  /// Drops the rows whose `column` is above `limit`: what a run did after the checkpoint that it resumes from.
  public mutating func dropRows(where column: String, above limit: Double) {
    guard let values = columns[column] else { return }
    let kept = values.indices.filter { values[$0] <= limit }
    for name in names { columns[name] = kept.map { columns[name]![$0] } }
    rowCount = kept.count
  }
}
