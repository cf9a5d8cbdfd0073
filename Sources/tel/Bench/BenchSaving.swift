import ArgumentParser
import Foundation
import Storage
import Tensors
import Training

/// `tel bench saving`: how long a run waits for a checkpoint, and how fast that is written.
struct BenchSaving: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "saving", abstract: "Measure how long training waits for a checkpoint, and how fast it is written.")

  @Option(help: "Size of the checkpoint; HRNet-W48 with its momentum is 560.")
  var megabytes = 560

  @Option(help: ArgumentHelp("Where files are written, and removed again.", valueName: "dir"))
  var out = "."

  @OptionGroup var options: BenchOptions

  func validate() throws {
    guard (1...100_000).contains(megabytes) else {
      throw ValidationError("--megabytes takes a number from 1 to 100000")
    }
  }

  private struct Report: Encodable {
    var bytes: Int
    /// A copy of all tensors into memory that is fresh.
    var copy: Timing
    /// The image of the file in memory: what training waits for.
    var image: Timing
    /// Checksums, writing, reading back, flushing, renaming: what goes on in the background.
    var write: Timing
    /// As many bytes into a plain file beside the one that they replace, flushed.
    var plain: Timing
  }

  func run() throws {
    options.apply()
    try BenchMemory.require(3e6 * Double(megabytes), advice: "fewer --megabytes")
    let count = 250_000
    let tensors = (0..<max(1, megabytes)).map { index in
      ("layer\(index).weight", Tensor([Float](repeating: Float(index), count: count), shape: [count]))
    }
    let checkpoint = Checkpoint(state: Dictionary(uniqueKeysWithValues: tensors), progress: ["iteration": 1])
    let folder = out + "/tel-bench-saving-\(getpid())"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let copy = try options.time { try self.copy(checkpoint) }
    let image = try options.time { _ = try checkpoint.image(named: folder) }
    let size = try checkpoint.image(named: folder).byteCount
    // In turn, and both beside an image in memory, since disks and memory have moods; the first times find no file that they
    // replace.
    var (write, plain) = ([Double](), [Double]())
    for _ in 0..<options.repeats + BenchOptions.warmUps {
      let image = try checkpoint.image(named: folder)
      write.append(try seconds { try image.write(to: folder + "/checkpoint.h5") })
      let other = try checkpoint.image(named: folder)
      plain.append(try seconds { try self.plain(other.byteCount, folder + "/plain") })
    }
    let report = Report(
      bytes: size, copy: copy, image: image,
      write: Timing(seconds: Array(write.dropFirst(BenchOptions.warmUps))),
      plain: Timing(seconds: Array(plain.dropFirst(BenchOptions.warmUps))))
    func row(_ name: String, _ time: Timing, than base: Timing) -> [String] {
      [
        name, BenchText.number(time.median, 3), BenchText.percent(time.spread),
        BenchText.number(Double(report.bytes) / 1e6 / time.median, 0),
        BenchText.number(base.median / time.median),
      ]
    }
    try options.print(
      report,
      lines: ["a checkpoint of \(ByteText.of(report.bytes)) in \(out)"]
        + BenchText.table([
          ["", "s", "spread", "MB/s", "speed"], row("copy in memory", copy, than: copy),
          row("image of the file: training waits", image, than: copy),
          row("plain file, flushed", report.plain, than: report.plain),
          row("checkpoint: checksums, written, read back, flushed", report.write, than: report.plain),
        ]))
  }

  private func seconds(_ body: () throws -> Void) rethrows -> Double {
    let start = ContinuousClock.now
    try body()
    return (ContinuousClock.now - start).inSeconds
  }

  private func copy(_ checkpoint: Checkpoint) throws {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: checkpoint.byteCount, alignment: 64)
    defer { memory.deallocate() }
    var offset = 0
    for tensor in checkpoint.state.values {
      let bytes = tensor.count * tensor.type.byteCount
      Tensor.withPointers(tensor, of: Float.self) { (memory + offset).copyMemory(from: $0, byteCount: bytes) }
      offset += bytes
    }
  }

  private func plain(_ count: Int, _ path: String) throws {
    let unfinished = path + AtomicFile.unfinishedSuffix
    let descriptor = open(unfinished, O_WRONLY | O_CREAT | O_TRUNC, 0o666)
    let stretch = [UInt8](repeating: 1, count: 1 << 20)
    var rest = count
    while rest > 0 {
      let written = write(descriptor, stretch, min(rest, stretch.count))
      guard written > 0 else { throw FileError.unwritable(path: path, reason: String(cString: strerror(errno))) }
      rest -= written
    }
    guard fsync(descriptor) == 0, close(descriptor) == 0, rename(unfinished, path) == 0 else {
      throw FileError.unwritable(path: path, reason: String(cString: strerror(errno)))
    }
  }
}
