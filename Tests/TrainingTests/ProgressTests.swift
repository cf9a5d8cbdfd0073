import Foundation
import Synchronization
import Testing
import Training

/// Keeps what a console wrote.
final class Recorder: Sendable {
  private let written = Mutex<[String]>([])
  var texts: [String] { written.withLock { $0 } }
  func console(isTerminal: Bool) -> Console {
    Console(isTerminal: isTerminal) { text in self.written.withLock { $0.append(text) } }
  }
}

@Suite struct ProgressTests {
  private let step = StepReport(
    iteration: 20, loss: 1.5, parts: [("segmentation", 1.25), ("tree", 0.25)], learningRate: 0.01)

  @Test func onATerminalTheLineMovesWithoutNews() {
    let recorder = Recorder()
    let progress = Progress(console: recorder.console(isTerminal: true), total: 40)
    progress.enter(.training)
    progress.report(step, images: 8, seconds: 2, validationsLeft: 0)
    let before = recorder.texts.count
    Thread.sleep(forTimeInterval: 1.3)
    #expect(recorder.texts.count >= before + 2)
    #expect(recorder.texts.last?.contains("train 20/40  loss 1.5 (segmentation 1.25, tree 0.25)  lr 0.01") == true)
    progress.finish()
    #expect(recorder.texts.last == "\r\u{1B}[K")
  }

  @Test func elsewhereOnlyPlainLinesAreWritten() {
    let recorder = Recorder()
    let progress = Progress(console: recorder.console(isTerminal: false), total: 40)
    progress.enter(.training)
    progress.report(step, images: 8, seconds: 2, validationsLeft: 0)
    progress.enter(.validating(done: 1, total: 3))
    #expect(recorder.texts.isEmpty)
    progress.plainLine(step)
    #expect(
      recorder.texts == [
        "train 20/40  loss 1.5 (segmentation 1.25, tree 0.25)  lr 0.01  4 images/s  left 40 s\n"
      ])
    progress.finish()
  }

  @Test func aLineThatStaysGoesAboveTheRedrawnOne() {
    let recorder = Recorder()
    let console = recorder.console(isTerminal: true)
    console.redraw("half way")
    console.line("saved")
    #expect(recorder.texts == ["\r\u{1B}[Khalf way", "\r\u{1B}[Ksaved\nhalf way"])
  }

  @Test func stepsAreAveragedPartByPart() {
    let second = StepReport(iteration: 21, loss: 2.5, parts: [("tree", 0.75), ("extra", 3)], learningRate: 0.005)
    let average = StepReport.average([step, second])
    #expect(
      average
        == StepReport(
          iteration: 21, loss: 2, parts: [("segmentation", 1.25), ("tree", 0.5), ("extra", 3)], learningRate: 0.005))
    #expect(StepReport.average([]) == nil)
  }
}
