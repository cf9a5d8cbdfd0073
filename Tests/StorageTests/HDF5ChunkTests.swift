import Foundation
import Storage
import Tensors
import Testing

/// Arrays in chunks as h5py packs them (`Tests/Peers/write_hostile_h5.py`), in the oldest format and in that of HDF5 1.10.
@Suite struct HDF5ChunkTests {
  private let values = (0..<70).map { Int64($0) }

  @Test(arguments: ["earliest", "v110"]) func everyKindOfChunksHasItsValues(format: String) throws {
    let file = try HDF5File(reading: Files.path("h5py_chunks_\(format).h5"))
    let names = try file.datasets()
    #expect(names.count == 13)
    for name in names where name != "part" {
      let tensor = try file.read(name)
      #expect(tensor.shape == [7, 10] && tensor.array(of: Int64.self) == values, "\(name)")
    }
    for (name, type) in [("uint8", ElementType.uint8), ("int16", .int32), ("int64", .int64), ("float16", .float32)] {
      #expect(try file.read("types/" + name).type == type)
    }
  }

  @Test(arguments: ["earliest", "v110"]) func chunksThatWereNeverWrittenAreFilled(format: String) throws {
    let file = try HDF5File(reading: Files.path("h5py_chunks_\(format).h5"))
    // Rows from 4 and columns below 3 were written; the rest, in the same chunks or others, is the fill value.
    let expected = values.map { $0 / 10 >= 4 && $0 % 10 < 3 ? $0 : -5 }
    #expect(try file.read("part").array(of: Int64.self) == expected)
  }

  @Test func whatWeWriteInChunksIsReadBack() throws {
    let file = try HDF5File(creating: "chunks")
    for shape in [[3_000_000], [1, 5_000_000], [1500, 2000], [7, 400, 1000]] {
      let tensor = Tensor((0..<shape.reduce(1, *)).map { Int32($0 % 1000) }, shape: shape)
      try file.write("packed", tensor, compressed: true)
      let read = try file.read("packed")
      #expect(read.shape == shape && read.array(of: Int32.self) == tensor.array(of: Int32.self), "\(shape)")
    }
  }
}
