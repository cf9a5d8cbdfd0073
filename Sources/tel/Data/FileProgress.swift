import Foundation
import Synchronization
import Training

/// A line redrawn on terminals, and one a minute elsewhere.
final class FileProgress: Sendable {
  private let what: String
  private let total: Int
  private let start = ContinuousClock.now
  private let shown = Mutex(ContinuousClock.now)

  init(_ what: String, total: Int) { (self.what, self.total) = (what, total) }

  func show(_ done: Int) {
    let console = Console.standard
    let seconds = (ContinuousClock.now - start).inSeconds
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
