import Networks

/// What to do about a run that needs more memory than there is.
package struct MemoryFit {
  /// Peak bytes for a batch of so many images of a height and width.
  let peak: (_ count: Int, _ height: Int, _ width: Int) throws -> Int
  let available: Int

  package init(peak: @escaping (_ count: Int, _ height: Int, _ width: Int) throws -> Int, available: Int) {
    (self.peak, self.available) = (peak, available)
  }

  /// Advice for a run with this batch: the largest batch that fits, else the largest crop with the smallest batch.
  package func advice(count: Int, height: Int, width: Int) throws -> String {
    let fewest = try fewest(height: height, width: width)
    if try fits(fewest, height, width) {
      var (good, bad) = (fewest, count)
      while bad - good > 1 {
        let middle = (good + bad) / 2
        if try fits(middle, height, width) { good = middle } else { bad = middle }
      }
      return "--set batch=\(good) fits (the published batch needs all of it: lower the learning rate with it)"
    }
    // Crops keep their proportions and stay multiples of 32, as the networks' strides want them.
    for part in stride(from: 15, through: 1, by: -1) {
      let (h, w) = (height * part / 16 / 32 * 32, width * part / 16 / 32 * 32)
      if h >= 32, w >= 32, try fits(fewest, h, w) { return "--set batch=\(fewest) with a crop of \(w)×\(h) fits" }
    }
    return "no batch and no crop of this network fits; use a smaller network"
  }

  /// Images that the network can be trained with at a time, at least.
  private func fewest(height: Int, width: Int) throws -> Int {
    do {
      _ = try peak(1, height, width)
      return 1
    } catch NetworkError.singleImage { return 2 }
  }

  private func fits(_ count: Int, _ height: Int, _ width: Int) throws -> Bool {
    try peak(count, height, width) <= available
  }
}
