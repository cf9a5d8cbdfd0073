import CHDF5
import Tensors

/// Arrays in half precision, written piece by piece.
extension HDF5File {
  /// A packed float16 array `[K, H, W]` whose rows are written later, some of every plane at a time.
  public struct Planes {
    fileprivate let dataset: HDF5Handle
    fileprivate let path: String
    public let shape: [Int]
    /// Rows of a piece; the last piece may have fewer.
    public let pieceRows: Int
  }

  /// Bytes of a piece.
  private static let pieceBytes = 1 << 22

  /// - Parameter shape: `[K, H, W]`, none of them 0.
  public func createPlanes(_ path: String, shape: [Int]) throws -> Planes {
    precondition(shape.count == 3 && !shape.contains(0))
    return try HDF5Library.locked {
      let type = try halfType()
      let rows = max(1, min(shape[1], Self.pieceBytes / (2 * shape[0] * shape[2])))
      let dataset = try create(path, type.id, shape) { properties in
        var chunk = [hsize_t(shape[0]), hsize_t(rows), hsize_t(shape[2])]
        _ = H5Pset_chunk(properties, 3, &chunk)
        _ = H5Pset_shuffle(properties)
        _ = H5Pset_deflate(properties, 1)
      }
      return Planes(dataset: dataset, path: path, shape: shape, pieceRows: rows)
    }
  }

  /// Writes `values` `[K, R, W]`, rounded, from row `first` on.
  ///
  /// Not from within a kernel, where the numbers below 6.1e-5, denormal as halves, would become zeros.
  public func write(_ values: [Float], to planes: Planes, from first: Int) throws {
    let (count, width) = (planes.shape[0], planes.shape[2])
    let rows = values.count / (count * width)
    precondition(values.count == count * rows * width && first >= 0 && first + rows <= planes.shape[1])
    let halves = values.map { Float16($0) }
    try HDF5Library.locked {
      let type = try halfType()
      let file = try Self.require(
        H5Dget_space(planes.dataset.id), H5Sclose, name, "reading the shape of", planes.path)
      let memory = try dataSpace([count, rows, width], planes.path)
      let (start, extent) = ([0, hsize_t(first), 0], [hsize_t(count), hsize_t(rows), hsize_t(width)])
      try check(H5Sselect_hyperslab(file.id, H5S_SELECT_SET, start, nil, extent, nil), "selecting rows of", planes.path)
      try check(
        H5Dwrite(planes.dataset.id, type.id, memory.id, file.id, tel_h5_default(), halves), "writing", planes.path)
    }
  }

  private func halfType() throws -> HDF5Handle {
    try Self.require(tel_h5_half(), H5Tclose, name, "making a type for")
  }
}
