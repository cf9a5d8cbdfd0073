import Autograd
import Foundation
import Tensors
import Testing

@Suite(.serialized) struct ProfileTests {
  @Test func innerPhasesAreNotCountedTwice() throws {
    Profile.start()
    try Profile.phase("outer") {
      let x = Tensor(filling: [1, 16, 64, 64], with: 1)
      try Profile.phase("inner") { _ = try x.resized(height: 200, width: 200, .bilinear(alignCorners: true)) }
      try Profile.phase("inner") { _ = try x.resized(height: 200, width: 200, .bilinear(alignCorners: true)) }
    }
    let report = Profile.stop()
    #expect(report.phases.map(\.name) == ["outer", "inner"] && report.phases.map(\.count) == [1, 2])
    let sum = report.phases.reduce(0) { $0 + $1.seconds }
    #expect(sum > 0 && sum <= report.seconds)
    #expect(report.phases[1].kernelSeconds > 0 && report.phases[1].kernelSeconds <= report.phases[1].seconds)
    #expect(abs(report.phases.reduce(0) { $0 + $1.kernelSeconds } - report.kernelSeconds) < 1e-9)
    #expect(report.phases[1].peakBytes >= 16 * 200 * 200 * 4)
  }

  @Test func operationsAreCountedThereAndBack() throws {
    Profile.start()
    let x = Variable(Tensor(filling: [2, 3, 10, 12], with: 0.5))
    let weight = Variable(Tensor(filling: [5, 3, 3, 3], with: 0.1), requiresGradient: true)
    for _ in 0..<3 {
      try x.convolved(weight, window: .init(padding: 1)).sum().backward()
    }
    let report = Profile.stop()
    let operation = try #require(report.operations.first { $0.name == "conv2d [2, 3, 10, 12] [5, 3, 3, 3]" })
    #expect(operation.count == 3 && operation.forwardSeconds > 0 && operation.backwardSeconds > 0)
    #expect(operation.flops == 3 * 2 * Double(2 * 5 * 10 * 12 * 27))
    let seconds = report.operations.reduce(0) { $0 + $1.seconds }
    #expect(seconds <= report.kernelSeconds + 1e-9)
    #expect(Profile.stop().operations.count == report.operations.count && !Profile.isOn)
  }

  @Test func whatAnotherPhaseDidIsNotTheNextOperationsTime() throws {
    let x = Variable(Tensor(filling: [4], with: 2))
    Profile.start()
    Profile.phase("optimizer") { Kernel.run { Thread.sleep(forTimeInterval: 0.1) } }
    _ = try Profile.phase("forward") { try x * x }
    let product = try #require(Profile.stop().operations.first)
    #expect(product.count == 1 && product.forwardSeconds < 0.1)
  }

  @Test func whatOneThreadDoesAloneIsTold() throws {
    let threads = Kernel.threads
    defer { Kernel.threads = threads }
    func report() throws -> Profile.Report {
      Profile.start()
      try Profile.phase("work") {
        Kernel.run { Thread.sleep(forTimeInterval: 0.03) }
        try Kernel.parallel(1) { _ in Thread.sleep(forTimeInterval: 0.03) }
        try Kernel.parallel(2) { _ in Thread.sleep(forTimeInterval: 0.05) }
      }
      return Profile.stop()
    }
    Kernel.threads = 2
    let shared = try report()
    #expect(shared.phases[0].sharedSeconds == shared.sharedSeconds && shared.sharedSeconds >= 0.05)
    #expect(shared.phases[0].aloneSeconds >= 0.06 && shared.kernelSeconds - shared.sharedSeconds >= 0.06)
    Kernel.threads = 1
    #expect(try report().sharedSeconds == 0)
  }

  @Test func aPhaseThatFailsIsCountedAndClosed() throws {
    struct Failure: Error {}
    Profile.start()
    #expect(throws: Failure.self) { try Profile.phase("fails") { throw Failure() } }
    Profile.phase("after") { Thread.sleep(forTimeInterval: 0.01) }
    let report = Profile.stop()
    #expect(report.phases.map(\.count) == [1, 1])
    #expect(report.phases[1].seconds >= 0.01)
  }

  @Test func onlyTheThreadThatSwitchedItOnIsWatched() throws {
    Profile.start()
    let thread = Thread {
      Kernel.run { Thread.sleep(forTimeInterval: 0.03) }
      Profile.phase("elsewhere") {}
    }
    thread.start()
    while !thread.isFinished { Thread.sleep(forTimeInterval: 0.005) }
    let report = Profile.stop()
    #expect(report.kernelSeconds == 0 && report.phases.isEmpty)
  }
}
