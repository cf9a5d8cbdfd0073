import Foundation
import Testing
import Training

@Suite struct ScheduleTests {
  @Test func polyFollowsThePublishedFormula() throws {
    let schedule = Schedule.poly(power: 0.9)
    #expect(try schedule.factor(iteration: 0, total: 40_000) == 1)
    #expect(try abs(schedule.factor(iteration: 39_999, total: 40_000) - pow(1.0 / 40_000, 0.9)) < 1e-12)
    #expect(try abs(schedule.factor(iteration: 20_000, total: 40_000) - pow(0.5, 0.9)) < 1e-12)
  }

  @Test func stepAndCosineTakeTheirKnownValues() throws {
    let step = Schedule.step(every: 10, factor: 0.5)
    #expect(
      try [0, 9, 10, 19, 20, 30].map { try step.factor(iteration: $0, total: 99) } == [1, 1, 0.5, 0.5, 0.25, 0.125])
    let cosine = Schedule.cosine(minimum: 0.1)
    #expect(try cosine.factor(iteration: 0, total: 8) == 1)
    #expect(try abs(cosine.factor(iteration: 4, total: 8) - 0.55) < 1e-12)
    #expect(try abs(cosine.factor(iteration: 8, total: 8) - 0.1) < 1e-12)
    #expect(try Schedule.constant.factor(iteration: 7, total: 8) == 1)
  }

  @Test func warmupGrowsInEqualPartsAndThenLeavesTheInnerScheduleAlone() throws {
    let schedule = Schedule.warmup(4, .constant)
    #expect(try (0..<6).map { try schedule.factor(iteration: $0, total: 6) } == [0.25, 0.5, 0.75, 1, 1, 1])
    let inner = Schedule.poly()
    let warm = Schedule.warmup(2, inner)
    #expect(try warm.factor(iteration: 5, total: 9) == inner.factor(iteration: 5, total: 9))
  }

  @Test func aFunctionMayDecideButNotWithNonsense() throws {
    let schedule = Schedule { iteration, total in Double(total - iteration) }
    #expect(try schedule.factor(iteration: 3, total: 10) == 7)
    #expect(throws: TrainingError.self) { try Schedule { _, _ in .nan }.factor(iteration: 0, total: 1) }
    #expect(throws: TrainingError.self) { try schedule.factor(iteration: 11, total: 10) }
  }
}
