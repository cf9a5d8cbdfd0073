import Testing
import Training

@Suite struct WindowPlanTests {
  @Test func windowsCoverEverySideAndStayInside() {
    for length in 1...20 {
      for window in 1...22 {
        for stride in 1...22 {
          let starts = WindowPlan.starts(length: length, window: window, stride: stride)
          let size = min(window, length)
          var covered = [Bool](repeating: false, count: length)
          for start in starts {
            #expect(start >= 0 && start + size <= length)
            for i in start..<min(length, start + size) { covered[i] = true }
          }
          #expect(!covered.contains(false), "length \(length), window \(window), stride \(stride)")
          #expect(starts == starts.sorted() && Set(starts).count == starts.count)
        }
      }
    }
  }

  @Test func theLastWindowIsMovedInside() {
    #expect(WindowPlan.starts(length: 10, window: 4, stride: 4) == [0, 4, 6])
    #expect(WindowPlan.starts(length: 8, window: 4, stride: 4) == [0, 4])
    #expect(WindowPlan.starts(length: 3, window: 4, stride: 4) == [0])
  }
}
