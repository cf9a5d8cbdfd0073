import Foundation
import Tensors
import Testing

@Suite(.serialized) struct BufferPoolTests {
  /// Against a map that has an entry for every address.
  @Test(arguments: 1...20) func freeRangesAreWhatNobodyHas(_ seed: UInt64) throws {
    let size = 200
    var random = RandomStream(seed: seed, purpose: "ranges")
    var isFree = [Bool](repeating: true, count: size)
    var ranges = FreeRanges()
    ranges.give(0, UInt(size))
    var taken: [(start: UInt, length: UInt)] = []
    /// Runs of free addresses, none beside another.
    func runs() -> [(start: UInt, length: UInt)] {
      isFree.indices.reduce(into: []) { runs, i in
        if !isFree[i] { return }
        if i > 0 && isFree[i - 1] { runs[runs.count - 1].length += 1 } else { runs.append((UInt(i), 1)) }
      }
    }
    for _ in 0..<400 {
      if taken.isEmpty || random.uniform(0, 1) < 0.55 {
        let length = UInt(random.integer(in: 1...25))
        let fitting = runs().filter { $0.length >= length }
        #expect(ranges.fits(length) == !fitting.isEmpty)
        let start = ranges.take(length)
        #expect(start == fitting.min { $0.length < $1.length }?.start)
        guard let start else { continue }
        taken.append((start, length))
        for i in start..<start + length { isFree[Int(i)] = false }
      } else {
        let (start, length) = taken.remove(at: random.integer(in: 0...taken.count - 1))
        ranges.give(start, length)
        for i in start..<start + length { isFree[Int(i)] = true }
      }
      #expect(ranges.ranges.elementsEqual(runs(), by: ==))
      for run in runs() { #expect(ranges.length(at: run.start) == run.length) }
    }
  }

  @Test func manySmallBuffersMakeRoomForALargeOne() {
    BufferPool.shared.trim()
    BufferPool.shared.resetPeak()
    let before = BufferPool.shared.usage.footprint
    var small: [Buffer] = (0..<64).map { _ in Buffer(byteCount: 1 << 20) }
    #expect(BufferPool.shared.usage.footprint - before == 64 << 20)
    small.removeAll()
    let large = Buffer(byteCount: 60 << 20)
    #expect(BufferPool.shared.usage.footprint - before < 72 << 20)
    extendLifetime(large)
  }

  @Test func nobodyWritesIntoAnothersBuffer() {
    var random = RandomStream(seed: 1, purpose: "buffers")
    var held: [(buffer: Buffer, mark: UInt8)] = []
    func isWhole(_ entry: (buffer: Buffer, mark: UInt8)) -> Bool {
      let bytes = UnsafeRawBufferPointer(start: entry.buffer.bytes, count: entry.buffer.byteCount)
      return bytes.allSatisfy { $0 == entry.mark }
    }
    for round in 0..<200 {
      if held.count > 12 {
        #expect(isWhole(held.remove(at: random.integer(in: 0...held.count - 1))))
      }
      if round % 50 == 49 { BufferPool.shared.trim() }
      let buffer = Buffer(byteCount: random.integer(in: 1...400_000))
      #expect(UInt(bitPattern: buffer.bytes) % 64 == 0)
      memset(buffer.bytes, Int32(round), buffer.byteCount)
      held.append((buffer, UInt8(truncatingIfNeeded: round)))
    }
    #expect(held.allSatisfy(isWhole))
  }
}
