import Tensors

/// Measurements over a run: rows by iteration, named columns of numbers, and of vectors (say IoU per class).
///
/// Columns may appear late or miss a row; what was not measured is NaN.
public struct MetricTable: Sendable {
  /// Row by row, ascending.
  public private(set) var iterations: [Int] = []
  /// Numbers by column, as many as there are iterations.
  public private(set) var columns: [String: [Double]] = [:]
  /// Vectors by column, as many as there are iterations, all of one length.
  public private(set) var vectors: [String: [[Double]]] = [:]

  public init() {}

  /// Appends a row. Names with a slash get a point instead, since slashes make groups in the file.
  public mutating func append(iteration: Int, _ values: [String: Double], vectors newVectors: [String: [Double]] = [:])
  {
    let values = Dictionary(values.map { (Self.columnName($0), $1) }) { _, last in last }
    let newVectors = Dictionary(newVectors.map { (Self.columnName($0), $1) }) { _, last in last }
    for name in values.keys where columns[name] == nil {
      columns[name] = [Double](repeating: .nan, count: iterations.count)
    }
    for name in columns.keys { columns[name]?.append(values[name] ?? .nan) }
    for name in newVectors.keys where vectors[name] == nil {
      vectors[name] = [[Double]](repeating: [], count: iterations.count)
    }
    for (name, rows) in vectors {
      let new = newVectors[name] ?? []
      let width = max(new.count, rows.map(\.count).max() ?? 0)
      vectors[name] = (rows + [new]).map { $0 + [Double](repeating: .nan, count: width - $0.count) }
    }
    iterations.append(iteration)
  }

  /// Removes the rows beyond `iteration`, which a resumed run measures again.
  public mutating func truncate(after iteration: Int) {
    let kept = iterations.indices.filter { iterations[$0] <= iteration }
    iterations = kept.map { iterations[$0] }
    columns = columns.mapValues { column in kept.map { column[$0] } }
    vectors = vectors.mapValues { column in kept.map { column[$0] } }
  }

  /// The name that a column gets in the file.
  private static func columnName(_ name: String) -> String {
    switch name {
    case "", ".": "unnamed"
    case "iteration": "iteration_"
    default: String(name.map { $0 == "/" || $0 == "\0" ? "." : $0 })
    }
  }
}

extension MetricTable {
  /// Stores `iteration` (int64), columns [n] and vectors [n, K] (float64) under `path`.
  func write(to file: HDF5File, _ path: String) throws {
    try file.write(path + "/iteration", iterations.map { Int64($0) })
    for (name, column) in columns.sorted(by: { $0.key < $1.key }) {
      try file.write(path + "/" + name, Tensor(column, shape: [column.count]), compressed: true)
    }
    for (name, rows) in vectors.sorted(by: { $0.key < $1.key }) {
      let matrix = Tensor(rows.flatMap { $0 }, shape: [rows.count, rows.first?.count ?? 0])
      try file.write(path + "/" + name, matrix, compressed: true)
    }
  }

  init(from file: HDF5File, _ path: String) throws {
    iterations = try file.read(path + "/iteration").array(of: Int64.self).map { Int($0) }
    for name in try file.keys(path) where name != "iteration" {
      guard case .array(let array) = try file.info(path + "/" + name) else { continue }
      let values = try file.read(path + "/" + name).array(of: Double.self)
      switch array.shape.count {
      case 1 where values.count == iterations.count: columns[name] = values
      case 2 where array.shape[0] == iterations.count:
        let width = array.shape[1]
        vectors[name] = iterations.indices.map { Array(values[$0 * width..<($0 + 1) * width]) }
      default:
        throw FormatError.content(file: file.name, what: "\(path)/\(name) has the shape \(array.shape)")
      }
    }
  }
}
