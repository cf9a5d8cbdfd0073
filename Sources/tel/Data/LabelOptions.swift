import ArgumentParser
import Datasets
import Foundation
import Synchronization
import Tensors
import Training

extension LabelConvention.Name: ExpressibleByArgument {}
extension SparseLabels.Unit: ExpressibleByArgument {}

/// Options that say what the values of label files mean.
struct LabelOptions: ParsableArguments {
  @Option(help: "What label values mean: cityscapes, ade20k, voc or plain (default: guessed from them, and said).")
  var dataset: LabelConvention.Name?

  @Option(help: ArgumentHelp("Values that are no classes, of plain labels (default: 255).", valueName: "v,v,…"))
  var ignore: LabelValues?

  @Option(help: "How many threads compute (default: all cores).")
  var threads: Int?

  func validate() throws {
    if ignore != nil, let dataset, dataset != .plain {
      throw ValidationError("--ignore belongs to --dataset plain; the other codings say what is no class")
    }
    if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads takes a number from 1 to 1024") }
  }

  func setThreads() { if let threads { Kernel.threads = threads } }

  /// What was asked for, or else what the values suggest; `wasGuessed` tells.
  func convention(histogram: [Int], path: String, isBenchmarkLayout: Bool = false) -> LabelConvention {
    let name =
      dataset
      ?? (ignore != nil
        ? .plain : LabelConvention.guess(histogram: histogram, path: path, isBenchmarkLayout: isBenchmarkLayout))
    return name == .plain ? convention(plain: histogram) : LabelConvention(name)
  }

  /// Plain values up to the highest that occurs.
  func convention(plain histogram: [Int]) -> LabelConvention {
    let ignored = ignore?.values ?? []
    let highest = (0..<255).last { histogram[$0] > 0 && !ignored.contains(UInt8($0)) } ?? 0
    return LabelConvention(plainClasses: highest + 1, ignored: ignored)
  }

  var wasGuessed: Bool { dataset == nil && ignore == nil }
}

/// Label values as the command line writes them: 0,255.
struct LabelValues: ExpressibleByArgument {
  var values: [UInt8]

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false).map { UInt8($0) }
    guard parts.allSatisfy({ $0 != nil }) else { return nil }
    values = parts.compactMap(\.self)
  }
}

/// An image file that can't be used, and why.
struct FileFailure: ExplainedError {
  let path: String
  let error: any Error

  var explanation: Explanation {
    guard var explanation = (error as? any ExplainedError)?.explanation else {
      return Explanation("\(error)", place: path)
    }
    explanation.place = explanation.place ?? path
    return explanation
  }
}

/// Shares and lists for people.
enum DataText {
  static func percent(_ part: Int, of whole: Int) -> String {
    whole == 0 ? "–" : String(format: "%.3g %%", 100 * Double(part) / Double(whole))
  }

  /// The first few, and how many more.
  static func list(_ items: [String], most: Int = 8) -> String {
    items.prefix(most).joined(separator: ", ") + (items.count > most ? " and \(items.count - most) more" : "")
  }

  static func count(_ number: Int, _ one: String, _ many: String) -> String { "\(number) \(number == 1 ? one : many)" }
}

/// A line redrawn on terminals, and one a minute elsewhere.
final class FileProgress: Sendable {
  private let what: String
  private let total: Int
  private let start = ContinuousClock.now
  private let shown = Mutex(ContinuousClock.now)

  init(_ what: String, total: Int) { (self.what, self.total) = (what, total) }

  func show(_ done: Int) {
    let console = Console.standard
    let seconds = (ContinuousClock.now - start).seconds
    let left = done > 0 && done < total ? ", \(Int(seconds / Double(done) * Double(total - done))) s left" : ""
    if console.isTerminal { return console.redraw("\(what) \(done) of \(total)\(left)") }
    let isDue = shown.withLock { last in
      if ContinuousClock.now - last < .seconds(60) { return false }
      last = .now
      return true
    }
    if isDue { console.line("\(what) \(done) of \(total)\(left)") }
  }

  func finish() { Console.standard.redraw("") }
}

extension Duration {
  fileprivate var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}

extension String {
  /// With the working directory before it, so that the names of the folders above count.
  var absolutePath: String { URL(fileURLWithPath: self).standardizedFileURL.path }
}
