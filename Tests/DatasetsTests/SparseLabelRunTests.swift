import Datasets
import Foundation
import Storage
import Synchronization
import Tensors
import TestSupport
import Testing

/// Sparse labels as files.
@Suite(.serialized) struct SparseLabelRunTests {
  private static let convention = LabelConvention(.cityscapes)

  /// Dense label files of scenes, one in a folder of its own.
  private static func dense(_ folder: TemporaryFolder, count: Int = 5) throws -> [ImageFiles.Entry] {
    try FileManager.default.createDirectory(atPath: folder.file("dense/city"), withIntermediateDirectories: true)
    for index in 0..<count {
      let name = index == 0 ? "city/s0" : "s\(index)"
      try ImageFile.writePNG(try SparseLabelsTests.scene(index), to: folder.file("dense/\(name).png"))
    }
    return try LabelFiles.find(folder.file("dense"))
  }

  private static func run(
    _ files: [ImageFiles.Entry], _ kind: SparseLabels, to folder: String, replaces: Bool = false
  ) throws -> (report: SparseLabelReport, failures: [String]) {
    let failures = Mutex<[String]>([])
    let report = try SparseLabelRun(files, kind, convention, seed: 5, folder: folder, replaces: replaces)
      .run { path, _ in failures.withLock { $0.append(path) } }
    return (report, failures.withLock { $0 })
  }

  @Test func neitherThreadsNorOrderMatter() throws {
    let threads = Kernel.threads
    defer { Kernel.threads = threads }
    let folder = try TemporaryFolder()
    let files = try Self.dense(folder)
    for (number, kind) in SparseLabelsTests.kinds.enumerated() {
      var reports: [SparseLabelReport] = []
      for (count, order) in [(1, files), (4, files.reversed()), (2, Array(files.prefix(2)))] {
        Kernel.threads = count
        reports.append(try Self.run(order, kind, to: folder.file("\(number)-\(count)")).report)
      }
      #expect(reports[0] == reports[1] && reports[0].images == 5)
      for file in files {
        let first = try ImageFile.readLabels(folder.file("\(number)-1/\(file.name).png"))
        #expect(first == (try ImageFile.readLabels(folder.file("\(number)-4/\(file.name).png"))))
        let dense = try ImageFile.readLabels(file.path)
        #expect(first == kind.made(from: dense, Self.convention, seed: 5, name: file.name))
      }
      #expect(
        try ImageFile.readLabels(folder.file("\(number)-2/\(files[0].name).png"))
          == ImageFile.readLabels(folder.file("\(number)-1/\(files[0].name).png")))
    }
  }

  @Test func theReportCountsWhatIsInTheFiles() throws {
    let folder = try TemporaryFolder()
    var files = try Self.dense(folder, count: 2)
    try ImageFile.writePNG(Image8(width: 8, height: 8, channels: 1, filling: 3), to: folder.file("dense/void.png"))
    files = try LabelFiles.find(folder.file("dense"))
    let report = try Self.run(files, .points(count: 2, per: .class), to: folder.file("out")).report
    var (dense, sparse) = (LabelTally(), LabelTally())
    for file in files {
      for (path, isDense) in [(file.path, true), (folder.file("out/\(file.name).png"), false)] {
        var histogram = [Int](repeating: 0, count: 256)
        try ImageFile.readLabels(path).addValues(to: &histogram)
        if isDense { dense.add(histogram) } else { sparse.add(histogram) }
      }
    }
    #expect(report.dense == dense && report.sparse == sparse)
    #expect(report.images == 3 && report.withoutClasses == ["void"] && report.emptied.isEmpty)
    #expect(report.dense.total == 2 * 128 * 64 + 64)
    #expect(report.sparse.labelled(Self.convention) < report.dense.labelled(Self.convention) / 10)
  }

  @Test func whatIsThereAlreadyStays() throws {
    let folder = try TemporaryFolder()
    let files = try Self.dense(folder)
    _ = try Self.run(files, .blocks(share: 0.1), to: folder.file("out"))
    let before = try ImageFile.readLabels(folder.file("out/s1.png"))
    let error = #expect(throws: OutputError.self) {
      try Self.run(files, .blocks(share: 0.5), to: folder.file("out"))
    }
    #expect(error == .exists(path: folder.file("out/city/s0.png"), others: 4, kind: "sparse labels"))
    #expect(try ImageFile.readLabels(folder.file("out/s1.png")) == before)
    _ = try Self.run(files, .blocks(share: 0.5), to: folder.file("out"), replaces: true)
    #expect(try ImageFile.readLabels(folder.file("out/s1.png")) != before)
    #expect(throws: OutputError.self) {
      try Self.run(files, .blocks(share: 0.5), to: folder.file("dense"), replaces: true)
    }
    #expect(try ImageFile.readLabels(folder.file("dense/s1.png")) == SparseLabelsTests.scene(1))
  }

  @Test func filesThatCannotBeReadAreNamedAndTheRestIsDone() throws {
    let folder = try TemporaryFolder()
    _ = try Self.dense(folder, count: 3)
    try AtomicFile.write("no image", to: folder.file("dense/bad.png"))
    try ImageFile.writePNG(Image8(width: 8, height: 8, channels: 3), to: folder.file("dense/colour.png"))
    let result = try Self.run(
      LabelFiles.find(folder.file("dense")), .blocks(share: 0.1), to: folder.file("out"))
    #expect(result.report.failed == ["bad", "colour"] && result.report.images == 3)
    #expect(Set(result.failures) == [folder.file("dense/bad.png"), folder.file("dense/colour.png")])
    #expect(!FileManager.default.fileExists(atPath: folder.file("out/bad.png")))
  }
}
