/// What to do about a run that needs more memory than there is.
struct MemoryFit {
  /// Peak bytes for a batch of so many images of a height and width.
  let peak: (_ count: Int, _ height: Int, _ width: Int) throws -> Int
  let available: Int

  /// Advice for a run with this batch: the largest batch that fits, else the largest crop with a batch of one.
  func advice(count: Int, height: Int, width: Int) throws -> String {
    if try fits(1, height, width) {
      var (good, bad) = (1, count)
      while bad - good > 1 {
        let middle = (good + bad) / 2
        if try fits(middle, height, width) { good = middle } else { bad = middle }
      }
      return "--set batch=\(good) fits (the published batch needs all of it: lower the learning rate with it)"
    }
    // Crops keep their proportions and stay multiples of 32, as the networks' strides want them.
    for part in stride(from: 15, through: 1, by: -1) {
      let (h, w) = (height * part / 16 / 32 * 32, width * part / 16 / 32 * 32)
      if h >= 32, w >= 32, try fits(1, h, w) { return "--set batch=1 with a crop of \(w)×\(h) fits" }
    }
    return "no batch and no crop of this network fits; use a smaller network"
  }

  private func fits(_ count: Int, _ height: Int, _ width: Int) throws -> Bool {
    try peak(count, height, width) <= available
  }
}
