/// Ranges of addresses that nobody uses, sorted, none beside another.
package struct FreeRanges {
  package private(set) var ranges: [(start: UInt, length: UInt)] = []

  package init() {}

  /// The start of `length` bytes, cut out of the smallest range that has as many.
  package mutating func take(_ length: UInt) -> UInt? {
    var best = -1
    for (index, range) in ranges.enumerated() where range.length >= length {
      if best < 0 || range.length < ranges[best].length { best = index }
    }
    guard best >= 0 else { return nil }
    let start = ranges[best].start
    if ranges[best].length == length {
      ranges.remove(at: best)
    } else {
      ranges[best] = (start + length, ranges[best].length - length)
    }
    return start
  }

  /// Adds a range, and joins it with those that it touches.
  package mutating func give(_ start: UInt, _ length: UInt) {
    let index = firstIndex(from: start)
    precondition(
      (index == 0 || ranges[index - 1].start + ranges[index - 1].length <= start)
        && (index == ranges.count || start + length <= ranges[index].start), "memory given back twice")
    let joinsNext = index < ranges.count && start + length == ranges[index].start
    if index > 0, ranges[index - 1].start + ranges[index - 1].length == start {
      ranges[index - 1].length += length + (joinsNext ? ranges[index].length : 0)
      if joinsNext { ranges.remove(at: index) }
    } else if joinsNext {
      ranges[index] = (start, length + ranges[index].length)
    } else {
      ranges.insert((start, length), at: index)
    }
  }

  /// The length of the range that begins at an address; 0 if there is none.
  package func length(at start: UInt) -> UInt {
    let index = firstIndex(from: start)
    return index < ranges.count && ranges[index].start == start ? ranges[index].length : 0
  }

  package func fits(_ length: UInt) -> Bool { ranges.contains { $0.length >= length } }

  /// The first range at or after an address.
  private func firstIndex(from start: UInt) -> Int {
    var (low, high) = (0, ranges.count)
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle].start < start { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
